import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

/** Newest first; the id decides between two of the same second. */
const newestFirst = {
    key: (conversation) => -(conversation.last_message_at ?? 0),
    idSign: -1,
};
const longestWaitFirst = {
    key: ({ waiting_since, due_since, last_message_at }) =>
        +(waiting_since || due_since || last_message_at || 0),
    idSign: 1,
};
const soonestReturnFirst = {
    key: ({ snoozed_until }) => +(snoozed_until || 0),
    idSign: 1,
};

/**
 * The views of the list. `matches` and `order` say again what the server selects and sorts by, so that a chat that
 * changes under the user's eyes moves at once; what is loaded, and every number, remains the server's.
 */
export const VIEWS = [
    {
        id: "waiting",
        label: _t("Waiting"),
        empty: _t("Nobody is waiting for an answer. Well done!"),
        matches: (conversation) => conversation.isQueued,
        order: longestWaitFirst,
    },
    {
        id: "mine",
        label: _t("Mine"),
        empty: _t(
            "You are not responsible for any chat yet. Answer a client or assign a chat to yourself."
        ),
        matches: ({ last_message_at, responsible }) =>
            last_message_at && responsible?.id === user.userId,
        order: newestFirst,
    },
    {
        id: "unowned",
        label: _t("Unowned"),
        empty: _t("Every chat has somebody responsible."),
        matches: ({ last_message_at, responsible, is_noise }) =>
            last_message_at && !responsible && !is_noise,
        order: newestFirst,
    },
    {
        id: "snoozed",
        label: _t("Snoozed"),
        icon: "fa-clock-o",
        empty: _t("Nothing is put off. A chat that you snooze comes back by itself."),
        matches: (conversation) => Boolean(conversation.snoozed_until),
        order: soonestReturnFirst,
    },
    {
        id: "all",
        label: _t("All"),
        empty: _t("No chats yet. They appear here by themselves as soon as a client writes."),
        matches: ({ last_message_at }) => last_message_at,
        order: newestFirst,
    },
];

/** @returns {(a: Object, b: Object) => number} comparator of `{id, key}` */
export function comparator({ idSign }) {
    return (a, b) => a.key - b.key || (a.id - b.id) * idSign;
}
