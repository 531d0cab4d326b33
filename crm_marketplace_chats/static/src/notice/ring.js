import { KIND_LABELS } from "@crm_marketplace_chats/chats/common/kinds";
import { FRONT_SLOT } from "@crm_marketplace_chats/chats/common/front";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { delay, Mutex } from "@web/core/utils/concurrency";

const ICON = "/crm_marketplace_chats/static/description/icon.png";
/** Messages come in flocks: one sound is enough for one. */
const SOUND_PAUSE_MS = 2000;
/** The election of the main tab can fail to answer. */
const ELECTION_MS = 2000;

const mutex = new Mutex();
/** When each page has made its last sound. */
const soundedAt = new WeakMap();

const ABOUT = {
    assigned: (author) =>
        author ? _t("%s has given you this chat", author) : _t("This chat is yours now"),
    mentioned: (author) => _t("%s mentions you in a note", author),
};

/** What is told of a chat: no more than its row in the list says. */
function describe(store, { conversation_id, reason, author }) {
    const conversation = store["marketplace.conversation"].get(conversation_id);
    const title = [conversation?.buyer_name, conversation?.car_title].filter(Boolean).join(" · ");
    const { last_message_preview, last_message_kind } = conversation || {};
    const body = reason
        ? ABOUT[reason](author)
        : last_message_preview || KIND_LABELS[last_message_kind] || _t("New message");
    return { title: title || _t("Chats"), body: String(body) };
}

function openChat({ services }, id) {
    services.action.doAction("crm_marketplace_chats.action_chats", {
        clearBreadcrumbs: true,
        props: { resId: id },
    });
}

/** A notification of the browser; a later one about the same chat takes its place. */
function showNative(env, id, { title, body }) {
    const native = new browser.Notification(title, {
        body,
        icon: ICON,
        tag: `crm_marketplace_chats.${id}`,
    });
    native.onclick = () => {
        window.focus();
        native.close();
        openChat(env, id);
    };
}

function showInOdoo(env, id, { title, body }) {
    const close = env.services.notification.add(body, {
        title,
        type: "info",
        buttons: [
            {
                name: _t("Open the chat"),
                primary: true,
                onClick: () => {
                    close();
                    openChat(env, id);
                },
            },
        ],
    });
}

function isMainTab(multiTab) {
    // Of two questions at a time only the later one is answered.
    return mutex.exec(() =>
        Promise.race([multiTab.isOnMainTab(), delay(ELECTION_MS).then(() => false)])
    );
}

/**
 * Makes the notices heard and seen that are for this user: a sound in one tab; where Odoo is not in front, a
 * notification of the browser; where it is, one of Odoo's. Nothing for the chat that is in front.
 *
 * @param {import("@web/env").OdooEnv} env
 * @param {{conversation_id: number, loud: number[], silent: number[], reason?: string, author?: string|false}[]} notices
 *  `author`: the colleague who does it, none where a rule does
 */
export async function ring(env, notices) {
    const { multi_tab, presence, "mail.store": store, "mail.sound_effects": sounds } = env.services;
    const isFocused = presence.isOdooFocused();
    const front = isFocused && browser.localStorage.getItem(FRONT_SLOT);
    const ours = notices.filter(
        ({ conversation_id, loud, silent }) =>
            [...loud, ...silent].includes(user.userId) && front !== String(conversation_id)
    );
    if (!ours.length) {
        return;
    }
    if (document.hasFocus()) {
        // Whoever works on the Chats screen sees the list; only what a colleague says to him is more than that.
        for (const notice of ours.filter(({ author }) => author || !front)) {
            showInOdoo(env, notice.conversation_id, describe(store, notice));
        }
    }
    if (!(await isMainTab(multi_tab))) {
        return;
    }
    // A clock that was set back silences nobody.
    const isPaused = Math.abs(Date.now() - (soundedAt.get(env) ?? 0)) < SOUND_PAUSE_MS;
    if (!isPaused && ours.some(({ loud }) => loud.includes(user.userId))) {
        soundedAt.set(env, Date.now());
        sounds.play("new-message");
    }
    if (!isFocused && browser.Notification?.permission === "granted") {
        for (const notice of ours) {
            showNative(env, notice.conversation_id, describe(store, notice));
        }
    }
}
