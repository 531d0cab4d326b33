import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { safeUrl } from "@crm_marketplace_chats/chats/common/text_parts";
import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { hasTouch } from "@web/core/browser/feature_detection";
import { useEmojiPicker } from "@web/core/emoji_picker/emoji_picker";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { AnswerGuard } from "@crm_marketplace_chats/chats/guard/answer_guard";
import { useAnswerGuard } from "@crm_marketplace_chats/chats/guard/use_answer_guard";
import { NoteEditor } from "@crm_marketplace_chats/chats/note/note_editor";
import { useNote } from "@crm_marketplace_chats/chats/note/use_note";
import { HabitsMenu } from "./habits/habits_menu";
import { HeldBar } from "./held/held_bar";
import { PartsPreview } from "./length/parts_preview";
import { countCharacters, splitText } from "./length/split_text";
import { PictureStrip } from "./pictures/picture_strip";
import { usePictures } from "./pictures/use_pictures";
import { findHoles } from "./templates/holes";
import { TemplateList } from "./templates/template_list";
import { useSlash } from "./templates/use_slash";
import { useTemplateMenu } from "./templates/use_template_menu";
import { useTemplates } from "./templates/use_templates";

/** The highest field, as in composer.scss. */
const HIGHEST = 180;
/** What takes longer than this shows that it is working. */
const PATIENCE_MS = 200;
/** So many quick replies stand above the field; the others are a slash away. */
const QUICK = 8;

/** Where a reply is written. It belongs to one conversation from the first letter to the server's answer. */
export class Composer extends Component {
    static template = "crm_marketplace_chats.Composer";
    static components = {
        AnswerGuard,
        HabitsMenu,
        HeldBar,
        NoteEditor,
        PartsPreview,
        PictureStrip,
        TemplateList,
    };
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
        this.state = useState({ isSlow: false });
        this.templates = useTemplates(() => this.conversation);
        this.slash = useSlash(this.textarea, this.templates, (...args) =>
            this.insertTemplate(...args)
        );
        this.templateMenu = useTemplateMenu(useRef("templates"), this);
        useEmojiPicker(useRef("emoji"), { onSelect: (emoji) => this.insert(emoji) });
        this.pictures = usePictures(
            this.root,
            this.draft,
            () => this.channel,
            () => this.canSendPictures
        );
        this.useHeight();
        useEffect(
            (textarea) => {
                if (textarea && !hasTouch()) {
                    textarea.focus({ preventScroll: true });
                }
            },
            () => [this.textarea.el]
        );
    }

    /** The field grows with what is written: here where the browser does not do it by itself (composer.scss). */
    useHeight() {
        if (CSS.supports("field-sizing", "content")) {
            return;
        }
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
        const { active, state, state_message, can_send_text, marketplace_label } = this.channel;
        if (!active) {
            return _t("The channel is switched off.");
        }
        if (this.conversation.is_blocked) {
            return _t(
                "%s says that nothing can be written in this chat any more.",
                marketplace_label
            );
        }
        if (state === "refused") {
            return (
                state_message ||
                _t("%s refuses the keys of this channel. Ask an administrator.", marketplace_label)
            );
        }
        return can_send_text
            ? ""
            : _t("This channel can only be read: answer in the app of %s.", marketplace_label);
    }

    get marketplaceUrl() {
        return safeUrl(this.conversation.url);
    }

    get placeholder() {
        const { buyer_name } = this.conversation;
        return buyer_name ? _t("Message for %s…", buyer_name) : _t("Message…");
    }

    get quickReplies() {
        return this.templates.items.slice(0, QUICK);
    }

    get length() {
        return countCharacters(this.draft.text.trim());
    }

    get excess() {
        const { text_limit } = this.channel;
        return text_limit ? Math.max(0, this.length - text_limit) : 0;
    }

    /** The messages as which a text will go that is too long for one. */
    get parts() {
        return splitText(this.draft.text.trim(), this.channel.text_limit);
    }

    /** Places that wait for a value: as long as there is one nothing is sent. */
    get holes() {
        return findHoles(this.draft.text, this.templates.values);
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

    onInput(ev) {
        this.draft.setText(ev.target.value);
        this.slash.look();
    }

    onKeydown(ev) {
        if (
            !this.slash.onKeydown(ev) &&
            ev.key === "Enter" &&
            !ev.isComposing &&
            this.chats.habits.sends(ev)
        ) {
            ev.preventDefault();
            this.send();
        }
    }

    /** @param {boolean} [isSplit] the manager has said that a long text may go as several messages */
    async send(isSplit = false) {
        if (!(isSplit ? this.isReady : this.canSend)) {
            return;
        }
        if (this.holes.length) {
            this.selectHole(this.holes[0]);
            return;
        }
        if (!(await this.guard.mayPost())) {
            this.textarea.el?.focus();
            return;
        }
        const timer = browser.setTimeout(() => (this.state.isSlow = true), PATIENCE_MS);
        const { habits, heldReplies } = this.env.chats;
        const hold = habits.holdSeconds;
        const reply = await this.draft.send({ isSplit, hold });
        if (reply && hold) {
            heldReplies.add(reply, hold);
        }
        browser.clearTimeout(timer);
        this.state.isSlow = false;
        this.textarea.el?.focus();
    }

    /** Puts text where the cursor is, or in the place of a stretch of the text. */
    insert(text, start = this.textarea.el.selectionStart, end = this.textarea.el.selectionEnd) {
        const { text: old } = this.draft;
        this.draft.setText(old.slice(0, start) + text + old.slice(end));
        this.textarea.el.value = this.draft.text;
        this.select(start + text.length);
    }

    select(start, end = start) {
        this.textarea.el.focus();
        this.textarea.el.setSelectionRange(start, end);
    }

    selectHole({ start, end }) {
        this.select(start, end);
    }

    /** Where a value is not known its place comes marked and selected, to be written over. */
    insertTemplate(template, start, end) {
        this.templateMenu.close();
        this.insert(template.body, start, end);
        this.draft.noteTemplate(template.id);
        const [hole] = this.holes;
        if (hole) {
            this.selectHole(hole);
        }
        if (template.pictures.length) {
            this.attachPictures(template);
        }
    }

    async attachPictures({ id }) {
        if (!this.channel.can_send_images) {
            this.notification.add(_t("This channel takes no pictures: the text goes alone."), {
                type: "warning",
            });
            return;
        }
        const { chats } = this.env;
        const draft = chats.drafts.get(this.conversation.id);
        const pictures = await chats.attempt(() =>
            chats.api.templatePictures(draft.conversationId, id)
        );
        if (pictures) {
            draft.addUploaded(pictures);
            draft.touch();
        }
    }
}
