import { Picture } from "@crm_marketplace_chats/chats/common/picture";
import { Component, useState } from "@odoo/owl";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";

/** The car's photos, one at a time, large on a click. */
export class PhotoStrip extends Component {
    static template = "crm_marketplace_chats.PhotoStrip";
    static props = { photos: Array, title: String };

    setup() {
        this.state = useState({ index: 0 });
        this.fileViewer = useFileViewer();
    }

    get photo() {
        return this.props.photos[this.state.index] || this.props.photos[0];
    }

    step(by) {
        const { length } = this.props.photos;
        this.state.index = (this.state.index + by + length) % length;
    }

    onKeydown(ev) {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (by && this.props.photos.length > 1) {
            this.step(by);
        }
    }

    enlarge() {
        const pictures = this.props.photos.map(
            ({ full_url }, index) =>
                new Picture({ id: index, name: this.props.title, url: full_url })
        );
        this.fileViewer.open(pictures[this.state.index], pictures);
    }
}
