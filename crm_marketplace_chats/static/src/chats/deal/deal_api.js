const CONVERSATION = "marketplace.conversation";

/** What the deal's parts of the screen ask the server; the contract is in docs/architecture.md. */
export class DealApi {
    /** @param {import("../model/chats_api").ChatsApi} api */
    constructor(api) {
        this.api = api;
    }

    call(method, id, kwargs = {}) {
        return this.api.call(CONVERSATION, method, [[id]], kwargs);
    }

    deal(id) {
        return this.call("chats_deal", id);
    }

    client(id) {
        return this.call("chats_client", id);
    }

    /** @param {"confirm"|"reject"|"undo"} decision */
    decideClient(id, linkId, decision) {
        return this.call("chats_decide_client", id, { link_id: linkId, decision });
    }

    makeClient(id, phone) {
        return this.call("chats_make_client", id, { phone });
    }

    makeLead(id) {
        return this.call("chats_make_lead", id);
    }

    /** @param {"call"|"meeting"} kind */
    plan(id, { kind, date, note }) {
        return this.call("chats_plan", id, { kind, date, note });
    }

    finish(id, activityId) {
        return this.call("chats_finish", id, { activity_id: activityId });
    }

    slots(id) {
        return this.call("chats_visit_slots", id);
    }

    book(id, start) {
        return this.call("chats_visit_book", id, { start });
    }
}
