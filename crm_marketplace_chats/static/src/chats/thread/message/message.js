import { clockTime, durationLabel } from "@crm_marketplace_chats/chats/common/format";
import { KIND_LABELS, STATES } from "@crm_marketplace_chats/chats/common/kinds";
import { safeUrl, textParts } from "@crm_marketplace_chats/chats/common/text_parts";
import { Tick } from "@crm_marketplace_chats/chats/common/tick/tick";
import { VoicePlayer } from "@crm_marketplace_chats/chats/thread/voice/voice_player";
import { Component, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** What a message of each kind shows; a kind nobody knew is said to be so, with the way to the marketplace. */
const CONTENTS = {
    text: "crm_marketplace_chats.MessageText",
    image: "crm_marketplace_chats.MessagePictures",
    voice: "crm_marketplace_chats.MessageVoice",
    call: "crm_marketplace_chats.MessageCall",
    location: "crm_marketplace_chats.MessageLocation",
    listing: "crm_marketplace_chats.MessageCard",
    link: "crm_marketplace_chats.MessageCard",
    deleted: "crm_marketplace_chats.MessageDeleted",
    file: "crm_marketplace_chats.MessageFiles",
    video: "crm_marketplace_chats.MessageFiles",
};

/** One entry of a thread. Nothing in it is trusted: texts are shown as text, addresses are checked. */
export class Message extends Component {
    static template = "crm_marketplace_chats.Message";
    static components = { Tick, VoicePlayer };
    static props = {
        message: Object,
        conversation: Object,
        isFirst: Boolean,
        /** Whether a search has led here. */
        isHit: Boolean,
        /** Its day, in digits. */
        date: String,
        openPicture: Function,
        goTo: Function,
    };

    setup() {
        // Nothing of it is shown, so nothing of it is watched.
        this.chats = this.env.chats;
        this.dialog = useService("dialog");
        this.state = useState({ isBusy: false });
        this.safeUrl = safeUrl;
        this.textParts = textParts;
        this.kindLabels = KIND_LABELS;
        this.quoteHint = _t("Go to the quoted message");
    }

    get message() {
        return this.props.message;
    }

    /** What belongs to the kind of this message. */
    get data() {
        return this.message.data?.[this.message.kind] || {};
    }

    get attachments() {
        return this.message.attachments || [];
    }

    get contents() {
        return CONTENTS[this.message.kind] || "crm_marketplace_chats.MessageUnknown";
    }

    /** Something about the conversation rather than said in it. */
    get isNote() {
        return this.message.direction === "note" || this.message.kind === "system";
    }

    get isOurs() {
        return this.message.direction === "out";
    }

    /** What this message answers to, with a way to it where we hold it. */
    get quote() {
        const { text, direction } = this.message.data?.quote || {};
        if (!text) {
            return undefined;
        }
        const author =
            direction === "out" ? _t("We") : this.props.conversation.buyer_name || _t("Client");
        return { text, author, id: this.message.quoted_id };
    }

    get time() {
        return clockTime(this.message.sent_at);
    }

    get fullTime() {
        return `${this.props.date} ${this.time}`;
    }

    get author() {
        const { author, is_auto } = this.message;
        if (is_auto) {
            return _t("automatic");
        }
        return author
            ? author.name
            : _t("from the %s app", this.props.conversation.channel_id.marketplace_label);
    }

    get problem() {
        const { state, error } = this.message;
        return STATES[state]?.isBad ? error || STATES[state].label : "";
    }

    /** Why a message of ours that was sent could not be deleted. */
    get deleteRefusal() {
        const { state, error } = this.message;
        return this.isOurs && ["sent", "read"].includes(state) && error ? error : "";
    }

    get marketplaceUrl() {
        return safeUrl(this.props.conversation.url);
    }

    get mediaFailure() {
        return _t("%s: could not be fetched.", KIND_LABELS[this.message.kind]);
    }

    get call() {
        const { missed, seconds } = this.data;
        const time = this.time;
        if (missed) {
            const detail = seconds
                ? _t("%(time)s · waited %(seconds)s s", { time, seconds })
                : time;
            return { title: _t("Missed call"), detail, isMissed: true };
        }
        return {
            title: this.isOurs ? _t("Outgoing call") : _t("Incoming call"),
            detail: seconds ? `${time} · ${durationLabel(seconds)}` : time,
        };
    }

    /** Nothing where the marketplace named a place without saying where it is. */
    get mapUrl() {
        const { lat, lon } = this.data;
        if (typeof lat !== "number" || typeof lon !== "number") {
            return undefined;
        }
        const point = `${Number(lon)},${Number(lat)}`;
        return `https://yandex.ru/maps/?pt=${point}&z=16&l=map`;
    }

    /** A listing or another page that was shared. */
    get card() {
        const { title, url, description, price_text, image_url } = this.data;
        const href = safeUrl(url);
        return {
            href,
            title: title || href || KIND_LABELS[this.message.kind],
            detail: price_text || description || "",
            image: safeUrl(image_url),
        };
    }

    retry() {
        return this.act(() => this.chats.api.retry(this.message.id));
    }

    /** Deleting cannot be taken back, so it is asked first. */
    delete() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Delete the message"),
            body: _t("The client will no longer see it, nor will anybody here. Delete it?"),
            confirmLabel: _t("Delete"),
            confirm: () => this.act(() => this.chats.api.delete(this.message.id)),
            cancel: () => {},
        });
    }

    cancel() {
        return this.act(() => this.chats.api.cancel(this.message.id));
    }

    async act(action) {
        this.state.isBusy = true;
        await this.chats.attempt(action);
        this.state.isBusy = false;
    }
}
