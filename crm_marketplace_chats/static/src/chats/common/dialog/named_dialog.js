import { onMounted } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** Odoo's dialog, which a screen reader also calls by its title. */
export class NamedDialog extends Dialog {
    setup() {
        super.setup();
        onMounted(() => this.modalRef.el.setAttribute("aria-label", this.props.title));
    }
}
