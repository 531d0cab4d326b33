import { useChats } from "@crm_marketplace_chats/chats/model/chats_model";
import { onWillUnmount, useEnv, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";

/** Why a reply may be unwelcome: the colleague's name, and what he does here. */
function obstacleOf({ id, responsible }, presence) {
    if (responsible && responsible.id !== user.userId) {
        return { kind: "responsible", user: responsible };
    }
    const typing = presence.others(id).find(({ state }) => state === "typing");
    return typing && { kind: "typing", user: typing.user };
}

/**
 * Asks before the first reply to a chat that a colleague answers. What was said is remembered for this chat and this
 * colleague, until the tab is closed.
 *
 * @param {() => Object} getConversation
 * @returns {{obstacle: Object|false, mayPost: () => Promise<boolean>, answer: (choice: "post"|"take"|"no") => void}}
 */
export function useAnswerGuard(getConversation) {
    const chats = useChats();
    const { presence } = useEnv();
    const guard = useState({ obstacle: false });
    let resolve = () => {};

    const slot = (who) => `crm_marketplace_chats.guard.${getConversation().id}.${who.id}`;

    guard.mayPost = async () => {
        const obstacle = obstacleOf(getConversation(), presence);
        if (!obstacle || browser.sessionStorage.getItem(slot(obstacle.user))) {
            return true;
        }
        guard.answer("no");
        guard.obstacle = obstacle;
        return new Promise((done) => (resolve = done));
    };

    guard.answer = async (choice) => {
        const { obstacle } = guard;
        const done = resolve;
        resolve = () => {};
        guard.obstacle = false;
        if (choice === "no") {
            return done(false);
        }
        browser.sessionStorage.setItem(slot(obstacle.user), "1");
        done(choice === "post" || Boolean(await chats.assign(user.userId)));
    };

    onWillUnmount(() => guard.answer("no"));
    return guard;
}
