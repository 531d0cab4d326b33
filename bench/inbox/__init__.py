"""Reading: the list, a chat, the badge and the search at 100,000 chats, beside Discuss; and what other pages pay."""
