import { formatDate } from "@web/core/l10n/dates";

/** Messages that follow each other within this time, by the same person, stand closer together. */
const RUN_MS = 10 * 60 * 1000;

function continues(message, previous) {
    return (
        previous?.direction === message.direction &&
        previous.author?.id === message.author?.id &&
        message.sent_at - previous.sent_at < RUN_MS
    );
}

/**
 * What stands in a thread from top to bottom, day by day: the line over the first unread message, messages.
 *
 * @param {Object[]} messages oldest first
 * @param {number|false} dividerId
 * @returns {{key: string, date: luxon.DateTime, label: string, items: {
 *     type: "divider"|"message", key: string, message: Object, isFirst?: boolean
 * }[]}[]}
 */
export function threadDays(messages, dividerId) {
    const days = [];
    let day, previous;
    for (const message of messages) {
        const { year, ordinal } = message.sent_at;
        const key = `${year}-${ordinal}`;
        if (key !== day?.key) {
            day = { key, date: message.sent_at, label: formatDate(message.sent_at), items: [] };
            days.push(day);
            previous = undefined;
        }
        const isFirstUnread = message.id === dividerId;
        if (isFirstUnread) {
            day.items.push({ type: "divider", key: "divider", message });
        }
        const isFirst = isFirstUnread || !continues(message, previous);
        day.items.push({ type: "message", key: `message${message.id}`, message, isFirst });
        previous = message;
    }
    return days;
}
