import { failureText } from "@crm_marketplace_chats/chats/common/failure";
import { onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { TextField } from "@web/views/fields/text/text_field";

const PAUSE_MS = 250;

/** The text of a quick reply: the values it may name, and how it reads in a chat while it is being written. */
export class TemplateBody extends TextField {
    static template = "crm_marketplace_chats.TemplateBody";
    static components = { ...TextField.components, RecordSelector };

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.preview = useState({
            failure: "",
            conversation: false,
            text: "",
            missing: [],
            unknown: [],
            values: [],
        });
        this.keepLast = new KeepLast();
        this.ask = useDebounced(() => this.load(), PAUSE_MS);
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.ask());
    }

    get written() {
        return this.textareaRef.el?.value ?? (this.props.record.data[this.props.name] || "");
    }

    get warnings() {
        const { missing, unknown } = this.preview;
        return [
            missing.length && _t("Not known in this chat: %s", missing.join(", ")),
            unknown.length && _t("There is no such value: %s", unknown.join(", ")),
        ].filter(Boolean);
    }

    async load() {
        const { conversation } = this.preview;
        try {
            const answer = await this.keepLast.add(
                this.orm.silent.call("marketplace.template", "chats_preview", [this.written], {
                    conversation_id: conversation && conversation.id,
                    lang: this.props.record.data.lang || false,
                })
            );
            Object.assign(this.preview, { failure: "" }, answer);
        } catch (error) {
            this.preview.failure = failureText(error);
        }
    }

    choose(id) {
        this.preview.conversation = id && { id };
        this.load();
    }

    /** Puts the name of a value where the cursor is. */
    insertValue(name) {
        const { el } = this.textareaRef;
        el.setRangeText(`{{${name}}}`, el.selectionStart, el.selectionEnd, "end");
        el.dispatchEvent(new InputEvent("input", { bubbles: true }));
        el.focus();
    }
}

registry.category("lazy_components").add("crm_marketplace_chats.TemplateBody", TemplateBody);
