import { Component, onPatched, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useSortable } from "@web/core/utils/sortable_owl";

/** The pictures of a draft in the order in which they will go: dragged, or moved and removed by keys. */
export class PictureStrip extends Component {
    static template = "crm_marketplace_chats.PictureStrip";
    static props = { draft: Object };

    setup() {
        this.root = useRef("root");
        /** Of the picture that was moved by keys: an element that changes its place loses the focus. */
        this.moved = undefined;
        onPatched(() => {
            if (this.moved) {
                this.root.el.querySelector(`[data-local='${this.moved}']`)?.focus();
                this.moved = undefined;
            }
        });
        useSortable({
            ref: this.root,
            elements: ".o_mchats_upload",
            ignore: "button",
            cursor: "grabbing",
            enable: () => !this.draft.isSending,
            onDrop: ({ element, next }) =>
                this.draft.placePicture(localOf(element), next ? localOf(next) : undefined),
        });
    }

    get draft() {
        return this.props.draft;
    }

    get failures() {
        return this.draft.pictures.filter(({ failure }) => failure);
    }

    label(index) {
        const { pictures } = this.draft;
        return _t(
            "Picture %(number)s of %(count)s: %(name)s. Ctrl and arrows move it, Delete removes it.",
            {
                number: index + 1,
                count: pictures.length,
                name: pictures[index].name,
            }
        );
    }

    onKeydown(ev, local) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (this.draft.isSending || ev.target !== ev.currentTarget) {
            return;
        }
        if (ev.key === "Delete" || ev.key === "Backspace") {
            ev.preventDefault();
            this.draft.removePicture(local);
        } else if (step && (ev.ctrlKey || ev.metaKey)) {
            ev.preventDefault();
            this.moved = local;
            this.draft.movePicture(local, step);
        } else if (step) {
            ev.preventDefault();
            const neighbour = step > 0 ? "nextElementSibling" : "previousElementSibling";
            ev.currentTarget[neighbour]?.focus();
        }
    }
}

function localOf(element) {
    return Number(element.dataset.local);
}
