import {
    defineChatsModels,
    mockChatsServer,
    openChats,
    template,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import {
    groupTemplates,
    findTemplates,
} from "@crm_marketplace_chats/chats/composer/templates/template_finder";
import { findHoles } from "@crm_marketplace_chats/chats/composer/templates/holes";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import { animationFrame, describe, expect, press, queryFirst, test, waitFor } from "@odoo/hoot";

describe.current.tags("desktop");
defineChatsModels();

const INPUT = ".o_mchats_input";
const SLASH = ".o_mchats_slash .o_mchats_template";
const TEMPLATES = [
    template({ id: 1, name: "In stock", shortcut: "stock", body: "Yes, the Haval is here." }),
    template({
        id: 2,
        name: "Price",
        shortcut: "price",
        body: "It costs {{price}}, {{mileage}}.",
        missing: ["price"],
    }),
    template({
        id: 3,
        name: "Way",
        shortcut: "way",
        category: "Visit",
        body: "We are at Dorozhnaya, 12.",
        is_own: true,
    }),
];

async function open(prepare = () => {}) {
    const server = mockChatsServer();
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.message(1, 1);
    server.templates = TEMPLATES;
    prepare(server);
    await openChats(1);
    await contains("[data-message='1']");
    await waitFor(".o_mchats_quick_reply");
    return server;
}

function selected() {
    const { value, selectionStart, selectionEnd } = queryFirst(INPUT);
    return value.slice(selectionStart, selectionEnd);
}

test("found by words, the best answer first, under their headings", () => {
    const names = (typed) => findTemplates(TEMPLATES, typed).map(({ name }) => name);
    expect(names("")).toEqual(["In stock", "Price", "Way"]);
    expect(names("W")).toEqual(["Way"]);
    expect(names("pr")).toEqual(["Price"]);
    expect(names("the haval")).toEqual(["In stock"]);
    expect(names("visit 12")).toEqual(["Way"]);
    expect(names("nothing")).toEqual([]);
    expect(groupTemplates(TEMPLATES).map(({ category }) => category)).toEqual(["", "Visit"]);
});

test("holes are places of values that exist", () => {
    const values = { price: "price", mileage: "mileage" };
    expect(findHoles("{{price}} {{ mileage |later}} {{other}} {price}", values)).toEqual([
        { start: 0, end: 9, label: "price" },
        { start: 10, end: 29, label: "mileage" },
    ]);
});

test("inserted where the cursor is, counted when sent", async () => {
    const server = await open();
    await insertText(INPUT, "Hello! Bye");
    queryFirst(INPUT).setSelectionRange(7, 7);
    await click(".o_mchats_quick_reply", { text: "In stock" });
    expect(INPUT).toHaveValue("Hello! Yes, the Haval is here.Bye");
    await press("Enter");
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")[0].kwargs.template_ids).toEqual([1]);
    await insertText(INPUT, "By hand");
    await press("Enter");
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")[1].kwargs.template_ids).toEqual([]);
});

test("a hole is marked, selected, named, and never sent", async () => {
    const server = await open();
    await insertText(INPUT, "So: ");
    await click(".o_mchats_quick_reply", { text: "Price" });
    expect(INPUT).toHaveValue("So: It costs {{price}}, {{mileage}}.");
    expect(selected()).toBe("{{price}}");
    await contains(".o_mchats_hole", { count: 2 });
    await press("Enter");
    expect(server.called("chats_post")).toHaveLength(0);
    expect(selected()).toBe("{{price}}");
    await click(".o_mchats_hole", { text: "mileage" });
    expect(selected()).toBe("{{mileage}}");
    await insertText(INPUT, "It costs 5 roubles.", { replace: true });
    await contains(".o_mchats_hole", { count: 0 });
    await press("Enter");
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")).toHaveLength(1);
});

test("by a slash: offered while typing, arrows, Enter puts it in place of the slash", async () => {
    await open();
    await insertText(INPUT, "Good day /");
    await contains(SLASH, { count: 3 });
    await press("ArrowDown");
    await animationFrame();
    expect(`${SLASH}.active b`).toHaveText("Price");
    expect(queryFirst(INPUT).getAttribute("aria-activedescendant")).toBe("o_mchats_slash_list_2");
    await press("ArrowUp");
    await press("ArrowUp");
    await press("Enter");
    expect(INPUT).toHaveValue("Good day We are at Dorozhnaya, 12.");
    await contains(SLASH, { count: 0 });
});

test("by a slash and letters, with Tab", async () => {
    await open();
    await insertText(INPUT, "/st");
    // "It costs" holds the letters too, but the shortcut is meant.
    await contains(SLASH, { count: 2 });
    await press("Tab");
    expect(INPUT).toHaveValue("Yes, the Haval is here.");
    expect(INPUT).toBeFocused();
});

test("a slash that means nothing is a slash", async () => {
    const server = await open();
    for (const text of ["and/or", "https://x", "/nothing", "1 / 2"]) {
        await insertText(INPUT, text, { replace: true });
        await animationFrame();
        expect(SLASH).toHaveCount(0);
        await press("Enter");
        await contains(INPUT, { value: "" });
    }
    expect(server.called("chats_post").map(({ kwargs }) => kwargs.body)).toEqual([
        "and/or",
        "https://x",
        "/nothing",
        "1 / 2",
    ]);
});

test("Escape lets the slash alone, and the screen where it is", async () => {
    const server = await open();
    await insertText(INPUT, "/w");
    await contains(SLASH, { count: 1 });
    await press("Escape");
    await contains(SLASH, { count: 0 });
    expect(INPUT).toBeFocused();
    await insertText(INPUT, "a");
    await animationFrame();
    expect(SLASH).toHaveCount(0);
    await press("Enter");
    await contains(INPUT, { value: "" });
    expect(server.called("chats_post")[0].kwargs.body).toBe("/wa");
});

test("the sign: search, preview of the whole text, own ones marked", async () => {
    await open();
    await click(".o_mchats_templates");
    await contains(".o_mchats_template", { count: 3 });
    await contains(".o_mchats_template_preview p", { text: "Yes, the Haval is here." });
    await press("ArrowDown");
    await contains(".o_mchats_template_preview .o_mchats_template_missing", {
        text: "Not known here: price. Its place will be marked in the message.",
    });
    await insertText(".o_mchats_template_list input", "doro");
    await contains(".o_mchats_template", { count: 1 });
    await contains(".o_mchats_template .fa-user");
    await contains(".o_mchats_save_template", { count: 0 });
    await press("Enter");
    await contains(".o_mchats_template_list", { count: 0 });
    expect(INPUT).toHaveValue("We are at Dorozhnaya, 12.");
    await click(".o_mchats_templates");
    await contains(".o_mchats_save_template");
    // The first is marked already, so that the letters alone change the list.
    await contains(".o_mchats_template", { count: 3 });
    await insertText(".o_mchats_template_list input", "doro");
    await contains(".o_mchats_template", { count: 1 });
});

test("its pictures are attached", async () => {
    const pictures = [{ id: 8, name: "way.png", url: "/web/image/8" }];
    const server = await open((server) => {
        server.templates = [template({ id: 5, body: "Here", pictures })];
        server.templatePictures = [
            { id: 44, name: "way.png", mimetype: "image/png", url: "/web/image/44" },
        ];
    });
    await click(".o_mchats_quick_reply");
    await contains(".o_mchats_upload img[alt='way.png']");
    await press("Enter");
    await contains(".o_mchats_upload", { count: 0 });
    expect(server.called("chats_post")[0].kwargs.attachment_ids).toEqual([44]);
});

test("where the channel takes no pictures the text goes alone, and that is said", async () => {
    const server = await open((server) => {
        server.channels = [{ ...server.channels[0], can_send_images: false }];
        const pictures = [{ id: 8, name: "way.png", url: "/web/image/8" }];
        server.templates = [template({ id: 5, body: "Here", pictures })];
    });
    await click(".o_mchats_quick_reply");
    await waitFor(".o_notification:contains(takes no pictures)");
    expect(INPUT).toHaveValue("Here");
    expect(server.called("chats_template_pictures")).toHaveLength(0);
});
