/** Messages that follow each other within this time, by the same person, stand closer together. */
const RUN_MINUTES = 10;

const isSameDay = (a, b) => a.hasSame(b, "day");

function continues(message, previous) {
    return (
        previous?.direction === message.direction &&
        previous.author?.id === message.author?.id &&
        message.sent_at.diff(previous.sent_at, "minutes").minutes < RUN_MINUTES
    );
}

/**
 * What stands in a thread from top to bottom: days, the line over the first unread message, messages.
 *
 * @param {Object[]} messages oldest first
 * @param {number|false} dividerId
 * @returns {{type: "day"|"divider"|"message", key: string, message: Object, isFirst?: boolean}[]}
 */
export function threadItems(messages, dividerId) {
    const items = [];
    let previous;
    for (const message of messages) {
        const isNewDay = !previous || !isSameDay(previous.sent_at, message.sent_at);
        const isFirstUnread = message.id === dividerId;
        if (isNewDay) {
            items.push({ type: "day", key: `day${message.id}`, message });
        }
        if (isFirstUnread) {
            items.push({ type: "divider", key: "divider", message });
        }
        const isFirst = isNewDay || isFirstUnread || !continues(message, previous);
        items.push({ type: "message", key: `message${message.id}`, message, isFirst });
        previous = message;
    }
    return items;
}
