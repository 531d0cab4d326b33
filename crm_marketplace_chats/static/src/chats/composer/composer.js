import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { hasTouch } from "@web/core/browser/feature_detection";
import { useEmojiPicker } from "@web/core/emoji_picker/emoji_picker";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { useService } from "@web/core/utils/hooks";
import { AnswerGuard } from "@crm_marketplace_chats/chats/guard/answer_guard";
import { useAnswerGuard } from "@crm_marketplace_chats/chats/guard/use_answer_guard";
import { NoteEditor } from "@crm_marketplace_chats/chats/note/note_editor";
import { useNote } from "@crm_marketplace_chats/chats/note/use_note";
import { TemplatePopover } from "./templates/template_popover";
import { useTemplates } from "./templates/use_templates";
import { usePictures } from "./use_pictures";

const HIGHEST = 180;
/** What takes longer than this shows that it is working. */
const PATIENCE_MS = 200;

/** Where a reply is written. It belongs to one conversation from the first letter to the server's answer. */
export class Composer extends Component {
    static template = "crm_marketplace_chats.Composer";
    static components = { AnswerGuard, NoteEditor };
    static props = { conversation: Object };

    setup() {
        this.chats = useChats();
        this.ui = useService("ui");
        this.notification = useService("notification");
        this.guard = useAnswerGuard(() => this.conversation);
        this.note = useNote(() => this.conversation);
        this.draft = useState(this.chats.drafts.get(this.conversation.id));
        this.root = useRef("root");
        this.textarea = useRef("textarea");
        this.templateButton = useRef("templates");
        this.state = useState({ isSlow: false });
        this.templates = useTemplates(() => this.conversation);
        this.popover = usePopover(TemplatePopover, {
            position: "top-start",
            popoverClass: "o_mchats_templates_popover",
        });
        useEmojiPicker(useRef("emoji"), { onSelect: (emoji) => this.insert(emoji) });
        this.pictures = usePictures(this.root, this.draft, () => this.canSendPictures);
        this.useHeight();
        useEffect(
            (textarea) => {
                if (textarea && !hasTouch()) {
                    textarea.focus();
                }
            },
            () => [this.textarea.el]
        );
    }

    /** The field grows with what is written, up to a point. */
    useHeight() {
        useEffect(
            (textarea) => {
                if (textarea) {
                    textarea.style.height = "auto";
                    textarea.style.height = `${Math.min(textarea.scrollHeight, HIGHEST)}px`;
                }
            },
            () => [this.textarea.el, this.draft.text]
        );
    }

    get conversation() {
        return this.props.conversation;
    }

    get channel() {
        return this.conversation.channel_id;
    }

    /** Why nothing can be written here, or nothing. */
    get obstacle() {
        const { state, state_message, can_send_text, marketplace_label } = this.channel;
        if (this.conversation.is_blocked) {
            return _t("%s says that nothing can be written in this chat any more.", marketplace_label);
        }
        if (state === "refused") {
            return state_message || _t("%s refuses the keys of this channel. Ask an administrator.", marketplace_label);
        }
        return can_send_text ? "" : _t("This channel can only be read: answer in the app of %s.", marketplace_label);
    }

    get marketplaceUrl() {
        return safeUrl(this.conversation.url);
    }

    get placeholder() {
        const { buyer_name } = this.conversation;
        return buyer_name ? _t("Message for %s…", buyer_name) : _t("Message…");
    }

    /** Counted as the server counts: an emoji is one. */
    get length() {
        return [...this.draft.text.trim()].length;
    }

    get excess() {
        const { text_limit } = this.channel;
        return text_limit ? Math.max(0, this.length - text_limit) : 0;
    }

    get canSendPictures() {
        return this.channel.can_send_images && !this.obstacle && !this.draft.isSending;
    }

    get isReady() {
        const { isEmpty, isSending, isUploading, pictures } = this.draft;
        const isBroken = pictures.some(({ failure }) => failure);
        return !(isEmpty || isSending || isUploading || isBroken);
    }

    get canSend() {
        return this.isReady && !this.excess;
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey && !ev.isComposing) {
            ev.preventDefault();
            this.send();
        }
    }

    /** @param {boolean} [isSplit] the manager has said that a long text may go as several messages */
    async send(isSplit = false) {
        if (!(isSplit ? this.isReady : this.canSend)) {
            return;
        }
        if (!(await this.guard.mayPost())) {
            this.textarea.el?.focus();
            return;
        }
        const timer = browser.setTimeout(() => (this.state.isSlow = true), PATIENCE_MS);
        await this.draft.send(isSplit);
        browser.clearTimeout(timer);
        this.state.isSlow = false;
        this.textarea.el?.focus();
    }

    /** Puts text where the cursor is. */
    insert(text) {
        const { selectionStart, selectionEnd } = this.textarea.el;
        const { text: old } = this.draft;
        this.draft.setText(old.slice(0, selectionStart) + text + old.slice(selectionEnd));
        const cursor = selectionStart + text.length;
        this.textarea.el.value = this.draft.text;
        this.textarea.el.focus();
        this.textarea.el.setSelectionRange(cursor, cursor);
    }

    /** A template with a hole in it would reach the client: it is not inserted. */
    insertTemplate({ name, body, missing }) {
        if (missing.length) {
            this.notification.add(
                _t("“%(name)s” cannot be filled in, not known here: %(missing)s.", {
                    name,
                    missing: missing.join(", "),
                }),
                { type: "warning" }
            );
            return;
        }
        this.popover.close();
        this.insert(body);
    }

    toggleTemplates() {
        if (this.popover.isOpen) {
            this.popover.close();
        } else {
            this.popover.open(this.templateButton.el, {
                templates: this.templates,
                onSelect: (template) => this.insertTemplate(template),
            });
        }
    }
}
