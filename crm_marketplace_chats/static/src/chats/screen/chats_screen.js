import { Composer } from "@crm_marketplace_chats/chats/composer/composer";
import { ConversationHeader } from "@crm_marketplace_chats/chats/header/conversation_header";
import { ConversationList } from "@crm_marketplace_chats/chats/list/conversation_list";
import { ChatsModel } from "@crm_marketplace_chats/chats/model/chats_model";
import { useLiveLine } from "@crm_marketplace_chats/chats/model/live_line";
import { DealBar } from "@crm_marketplace_chats/chats/deal/bar/deal_bar";
import { CarPanel } from "@crm_marketplace_chats/chats/panel/car_panel";
import { usePresence } from "@crm_marketplace_chats/chats/presence/use_presence";
import { SnoozeStrip } from "@crm_marketplace_chats/chats/snooze/snooze_strip";
import { Thread } from "@crm_marketplace_chats/chats/thread/thread";
import {
    Component,
    onWillRender,
    onWillUnmount,
    reactive,
    status,
    useEffect,
    useExternalListener,
    useRef,
    useState,
    useSubEnv,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { KeysDialog } from "./keys/keys_dialog";

/** Below this width the car lies over the conversation instead of beside it (also in chats_screen.scss). */
const DRAWER_WIDTH = "(max-width: 1100px)";

/** The Chats screen: list, conversation and car; one of them at a time on a phone. */
export class ChatsScreen extends Component {
    static template = "crm_marketplace_chats.ChatsScreen";
    static components = {
        CarPanel,
        Composer,
        ConversationHeader,
        ConversationList,
        DealBar,
        SnoozeStrip,
        Thread,
    };
    static props = { ...standardActionServiceProps };

    setup() {
        this.ui = useService("ui");
        this.dialog = useService("dialog");
        this.root = useRef("root");
        // What is shown is watched, by whoever shows it (useChats); what is done is nobody's.
        const chats = reactive(new ChatsModel(this.env));
        this.chats = useState(chats);
        this.layout = useState({ isNarrow: false });
        const presence = usePresence(chats, this.root);
        useSubEnv({ chats, presence, keysCard: () => this.showKeys() });
        useLiveLine(chats);
        this.useWidth();
        this.useKeys();
        this.useLeaving();
        this.chats.start(this.props.resId || this.props.action.params?.conversation_id);
        useEffect(
            () => this.chats.closeIfGone(),
            () => [this.chats.conversation?.isKnown]
        );
        useEffect(
            (id) => {
                this.showInAddress(id);
            },
            () => [this.chats.openId]
        );
    }

    /** The page's address names the chat, once that is on screen. */
    async showInAddress(id) {
        await this.env.chats.opening;
        if (this.env.chats.openId === id && status(this) === "mounted") {
            this.props.updateActionState?.({ resId: id });
        }
    }

    useWidth() {
        const query = browser.matchMedia(DRAWER_WIDTH);
        const judge = () => (this.layout.isNarrow = query.matches);
        judge();
        query.addEventListener("change", judge);
        onWillUnmount(() => query.removeEventListener("change", judge));
    }

    /**
     * The field of the chat that is left gives the focus away before anything is drawn. Losing it by being removed, it
     * would have the browser look at the style of everything in the middle of the change.
     */
    useLeaving() {
        let shownId = this.chats.openId;
        onWillRender(() => {
            if (shownId !== this.chats.openId) {
                shownId = this.chats.openId;
                this.root.el?.querySelector(".o_mchats_input:focus")?.blur();
            }
        });
    }

    useKeys() {
        const everywhere = { bypassEditableProtection: true, allowRepeat: true };
        useHotkey("alt+arrowdown", () => this.chats.openNeighbour(1), everywhere);
        useHotkey("alt+arrowup", () => this.chats.openNeighbour(-1), everywhere);
        useHotkey("alt+enter", () => this.chats.openNextWaiting(), everywhere);
        useHotkey("escape", () => this.onEscape(), { bypassEditableProtection: true });
        // Also before anything on the screen has the focus.
        useExternalListener(document, "keydown", (ev) => this.onKeydown(ev));
    }

    get isDrawer() {
        return this.layout.isNarrow || this.ui.isSmall;
    }

    get isPanelOpen() {
        const { openId, isDrawerOpen, isPanelWanted } = this.chats;
        return Boolean(openId) && (this.isDrawer ? isDrawerOpen : isPanelWanted);
    }

    get isListShown() {
        return !this.ui.isSmall || !this.chats.openId;
    }

    get isConversationShown() {
        return !this.ui.isSmall || Boolean(this.chats.openId);
    }

    togglePanel() {
        this.chats.togglePanel(this.isDrawer);
    }

    /** Closes what lies on top; with nothing on top, goes back to the list. */
    onEscape() {
        if (this.chats.selection.count) {
            this.chats.selection.clear();
        } else if (this.isPanelOpen && this.isDrawer) {
            this.chats.isDrawerOpen = false;
        } else if (this.ui.isSmall) {
            this.chats.close();
        } else {
            this.root.el.querySelector(".o_mchats_row[tabindex='0']")?.focus();
        }
    }

    onKeydown(ev) {
        const isTyping = ev.target.closest("input, textarea, [contenteditable]");
        if (ev.key === "?" && !isTyping && this.ui.activeElement === document) {
            ev.preventDefault();
            this.showKeys();
        }
    }

    showKeys() {
        this.dialog.add(KeysDialog);
    }
}

registry.category("lazy_components").add("crm_marketplace_chats.ChatsScreen", ChatsScreen);
