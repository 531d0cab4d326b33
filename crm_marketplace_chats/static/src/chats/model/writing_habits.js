import { user } from "@web/core/user";
import { Model } from "./model";

/** How this user likes to write: his settings, which came with the page. */
export class WritingHabits extends Model {
    /** @type {"enter"|"ctrl_enter"} */
    chats_send_key = user.settings.chats_send_key || "enter";
    /** @type {"0"|"5"|"10"} seconds in which a message can be taken back */
    chats_undo_time = user.settings.chats_undo_time || "0";

    get holdSeconds() {
        return Number(this.chats_undo_time);
    }

    /** @param {KeyboardEvent} ev of Enter; with Alt it leads to the next chat */
    sends({ altKey, ctrlKey, metaKey, shiftKey }) {
        return !altKey && (ctrlKey || metaKey || (this.chats_send_key === "enter" && !shiftKey));
    }

    async set(name, value) {
        const before = this[name];
        this[name] = value;
        try {
            await user.setUserSettings(name, value);
        } catch (error) {
            this[name] = before;
            throw error;
        }
    }
}
