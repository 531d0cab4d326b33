import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** A manager's ordinary minute. Needs two chats that wait for an answer, the first of them about a car in stock. */
registry.category("web_tour.tours").add("crm_marketplace_chats.chats_tour", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='crm_marketplace_chats.menu_root']",
            run: "click",
        },
        {
            trigger:
                "html[style*='--mchats-count'] .o_menu_sections [data-menu-xmlid='crm_marketplace_chats.menu_chats']",
        },
        { trigger: ".o_mchats_systray .badge" },
        {
            content: "Open the one who waits longest",
            trigger: ".o_mchats_row:first",
            run: "click",
        },
        { trigger: ".o_mchats_row_open:first .o_mchats_unread" },
        { trigger: ".o_mchats_bubble.o_mchats_in" },
        { content: "The car is there", trigger: ".o_mchats_panel h3" },
        { trigger: ".o_mchats_car_button[aria-expanded='true']", run: "click" },
        { trigger: ".o_mchats:not(:has(.o_mchats_panel)) .o_mchats_car_button", run: "click" },
        { trigger: ".o_mchats_panel h3" },
        { content: "Choose a template", trigger: ".o_mchats_templates", run: "click" },
        {
            trigger: ".o_mchats_template:not(:has(.o_mchats_template_missing)):first",
            run: "click",
        },
        { content: "Send it", trigger: ".o_mchats_send:enabled", run: "click" },
        { trigger: ".o_mchats_bubble.o_mchats_out:last .o_mchats_tick" },
        { content: "Nobody waits here any more", trigger: ".o_mchats_done:disabled" },
        { trigger: ".o_mchats_row_open.o_mchats_row_done" },
        {
            content: "Open another one",
            trigger: ".o_mchats_row:not(.o_mchats_row_open):first",
            run: "click",
        },
        { content: "Tick it", trigger: ".o_mchats_done:enabled", run: "click" },
        { trigger: ".o_mchats_done:disabled" },
        { trigger: ".o_mchats_row_open.o_mchats_row_done:not(:has(.o_mchats_unread))" },
    ],
});
