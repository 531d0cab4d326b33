import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { TemplatePopover } from "./template_popover";

/**
 * All quick replies behind one sign, and the way to one's own.
 *
 * @param {{el: HTMLElement}} target
 * @param {import("../composer").Composer} composer
 */
export function useTemplateMenu(target, composer) {
    const action = useService("action");
    const dialog = useService("dialog");
    const popover = usePopover(TemplatePopover, {
        position: "top-start",
        popoverClass: "o_mchats_templates_popover",
    });

    function saveText() {
        popover.close();
        dialog.add(FormViewDialog, {
            resModel: "marketplace.template",
            title: _t("A template of my own"),
            context: { default_body: composer.draft.text.trim(), default_user_id: user.userId },
            canExpand: false,
            onRecordSaved: () => composer.templates.load(),
        });
    }

    function showOwn() {
        popover.close();
        action.doAction("crm_marketplace_chats.action_template_own");
    }

    return {
        close: () => popover.close(),
        toggle() {
            if (popover.isOpen) {
                popover.close();
                return;
            }
            composer.slash.close();
            popover.open(target.el, {
                templates: composer.templates,
                canSendPictures: Boolean(composer.channel.can_send_images),
                text: composer.draft.text.trim(),
                onSelect: (template) => composer.insertTemplate(template),
                onSaveText: saveText,
                onShowOwn: showOwn,
            });
        },
    };
}
