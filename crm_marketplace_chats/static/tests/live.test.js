import { REFRESH_MS } from "@crm_marketplace_chats/live/live_record";
import { advanceTime, animationFrame, describe, expect, test } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    MockServer,
    models,
    mountView,
} from "@web/../tests/web_test_helpers";
import { defineChatsModels } from "./chats_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

class Feed extends models.Model {
    name = fields.Char();
    progress = fields.Integer();
    _records = [{ id: 1, name: "Stock", progress: 10 }];
}
defineModels([Feed]);

const pass = async () => {
    await advanceTime(REFRESH_MS);
    await animationFrame();
};

test("a form shows what a job does, but never over what somebody writes", async () => {
    await mountView({
        type: "form",
        resModel: "feed",
        resId: 1,
        arch: `<form><field name="name"/><field name="progress"/><widget name="chats_live"/></form>`,
    });
    const [feed] = MockServer.env.feed.browse(1);
    feed.progress = 40;
    await pass();
    expect("[name=progress] input").toHaveValue("40");
    await contains("[name=name] input").edit("Used cars", { confirm: false });
    feed.progress = 70;
    await pass();
    expect("[name=name] input").toHaveValue("Used cars");
    expect("[name=progress] input").toHaveValue("40");
});
