import { clockTime, priceLabel, waitLabel } from "@crm_marketplace_chats/chats/common/format";
import { Component, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** A wall is looked at from afar: it asks by itself, one request each time. */
export const REFRESH_MS = 30_000;

/** «Board»: who waits, how long, and how quickly clients are answered today. Every number in it is the server's. */
export class Board extends Component {
    static template = "crm_marketplace_chats.Board";
    static components = {};
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("board");
        this.state = useState({ figures: false, isStale: false });
        onWillStart(() => this.refresh());
        const timer = browser.setInterval(() => this.refresh(), REFRESH_MS);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    /** Old figures stay on the wall while the server cannot be asked, and are said to be old. */
    async refresh() {
        try {
            this.state.figures = await this.orm.silent.call("marketplace.turn", "chats_board", []);
            this.state.isStale = false;
        } catch (error) {
            if (!this.state.figures) {
                throw error;
            }
            this.state.isStale = true;
        }
    }

    get figures() {
        return this.state.figures;
    }

    get title() {
        return user.activeCompany?.name || _t("Chats");
    }

    get at() {
        return clockTime(deserializeDateTime(this.figures.at));
    }

    get oldest() {
        const { oldest, at } = this.figures;
        return oldest && waitLabel(deserializeDateTime(oldest.since), deserializeDateTime(at));
    }

    get money() {
        return priceLabel(this.figures.money);
    }

    get quick() {
        const { quick_percent } = this.figures;
        return quick_percent === false ? "–" : `${quick_percent} %`;
    }

    /** Odoo's bar is of no use on a wall. */
    async toggleFullScreen() {
        await (document.fullscreenElement
            ? document.exitFullscreen()
            : this.root.el.requestFullscreen());
    }

    open(view) {
        this.action.doAction(view, { clearBreadcrumbs: true });
    }
}

registry.category("lazy_components").add("crm_marketplace_chats.Board", Board);
