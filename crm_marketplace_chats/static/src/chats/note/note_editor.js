import { makeMessageKey } from "@crm_marketplace_chats/chats/common/message_key";
import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { NavigableList } from "@mail/core/common/navigable_list";
import { Component, onMounted, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { isEventHandled } from "@web/core/utils/misc";
import { noteDrafts } from "./use_note";

/** An unfinished mention, from its sign to the cursor. */
const MENTION = /(?:^|\s)@([^\s@]*(?: [^\s@]*)?)$/u;
const HIGHEST = 180;

/** Where an internal note is written. */
export class NoteEditor extends Component {
    static template = "crm_marketplace_chats.NoteEditor";
    static components = { NavigableList };
    static props = { conversation: Object, close: Function };

    setup() {
        this.chats = useChats();
        this.field = useRef("field");
        this.input = useRef("input");
        this.state = useState({
            text: noteDrafts.get(this.id),
            failure: "",
            isSending: false,
            colleagues: [],
            /** @type {string|false} what has been typed after the sign of a mention */
            wanted: false,
        });
        /** Names this text, so that a repeat after a lost answer is the same note. */
        this.key = makeMessageKey();
        onWillStart(() => this.loadColleagues());
        onMounted(() => this.input.el.focus());
        useEffect(
            (input) => {
                input.style.height = "auto";
                input.style.height = `${Math.min(input.scrollHeight, HIGHEST)}px`;
            },
            () => [this.input.el, this.state.text]
        );
    }

    get id() {
        return this.props.conversation.id;
    }

    loadColleagues() {
        this.chats
            .attempt(() => this.chats.api.colleagues(this.id))
            .then((colleagues) => (this.state.colleagues = colleagues || []));
    }

    get isReady() {
        return Boolean(this.state.text.trim()) && !this.state.isSending;
    }

    /** Colleagues whom the unfinished mention may mean. */
    get options() {
        const { wanted, colleagues } = this.state;
        if (wanted === false) {
            return [];
        }
        const start = wanted.toLowerCase();
        return colleagues
            .filter(({ name }) => {
                const whole = name.toLowerCase();
                return (
                    whole.startsWith(start) ||
                    whole.split(" ").some((word) => word.startsWith(start))
                );
            })
            .slice(0, 8)
            .map((colleague) => ({ label: colleague.name, colleague }));
    }

    /** Whom the text names now: what was chosen and deleted again is no mention. */
    get mentioned() {
        return this.state.colleagues.filter(({ name }) => this.state.text.includes(`@${name}`));
    }

    onInput() {
        const { value, selectionStart } = this.input.el;
        this.setText(value);
        this.state.wanted = MENTION.exec(value.slice(0, selectionStart))?.[1] ?? false;
    }

    setText(text) {
        Object.assign(this.state, { text, failure: "" });
        this.key = makeMessageKey();
        noteDrafts.set(this.id, text);
    }

    mention(colleague) {
        const input = this.input.el;
        const before = input.value.slice(0, input.selectionStart);
        const after = input.value.slice(input.selectionStart);
        const start = before.slice(0, before.length - this.state.wanted.length);
        input.value = `${start}${colleague.name} ${after}`;
        const cursor = start.length + colleague.name.length + 1;
        input.setSelectionRange(cursor, cursor);
        input.focus();
        this.setText(input.value);
        this.state.wanted = false;
    }

    onKeydown(ev) {
        if (
            isEventHandled(ev, "NavigableList.select") ||
            isEventHandled(ev, "NavigableList.close")
        ) {
            return;
        }
        if (ev.key === "Enter" && !ev.isComposing && this.chats.habits.sends(ev)) {
            ev.preventDefault();
            this.save();
        } else if (ev.key === "Escape") {
            ev.stopPropagation();
            this.close();
        }
    }

    /** Back to the reply; what was begun is not kept open by itself. */
    close() {
        noteDrafts.set(this.id, "");
        this.props.close();
    }

    async save() {
        if (!this.isReady) {
            return;
        }
        this.state.isSending = true;
        try {
            await this.chats.api.note(this.id, {
                body: this.state.text.trim(),
                key: this.key,
                mentionIds: this.mentioned.map(({ id }) => id),
            });
            this.close();
        } catch (error) {
            this.state.failure = failureText(error);
        } finally {
            this.state.isSending = false;
        }
    }
}
