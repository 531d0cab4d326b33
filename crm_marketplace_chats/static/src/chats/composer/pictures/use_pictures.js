import { useRef } from "@odoo/owl";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { fitPicture, isPicture } from "./fit_picture";

/**
 * Pictures for a reply: by the button, from the clipboard, dropped.
 *
 * @param {{el: HTMLElement}} root where they may be dropped
 * @param {import("@crm_marketplace_chats/chats/model/drafts").Draft} draft
 * @param {() => Object} getChannel
 * @param {() => boolean} canTake
 */
export function usePictures(root, draft, getChannel, canTake) {
    const notification = useService("notification");
    const input = useRef("file");

    function add(files) {
        const pictures = [...files].filter(isPicture);
        if (pictures.length < files.length) {
            notification.add(_t("Only pictures can be sent here."), { type: "warning" });
        }
        const { image_types, image_limit } = getChannel();
        for (const picture of pictures) {
            draft.addPicture(picture, (file) => fitPicture(file, { image_types, image_limit }));
        }
    }

    useDropzone(root, (ev) => add(ev.dataTransfer.files), "o_mchats_dropzone", canTake);

    return {
        choose: () => input.el.click(),
        onChange() {
            add(input.el.files);
            input.el.value = "";
        },
        onPaste(ev) {
            const { files } = ev.clipboardData;
            if (files.length && canTake()) {
                ev.preventDefault();
                add(files);
            }
        },
    };
}
