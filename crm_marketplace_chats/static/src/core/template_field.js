import { Component, xml } from "@odoo/owl";
import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Stands for the text of a quick reply in its form; the field itself is fetched when a form is opened. */
class TemplateBodyLoader extends Component {
    static template = xml`
        <LazyComponent bundle="'crm_marketplace_chats.assets_chats'"
                       Component="'crm_marketplace_chats.TemplateBody'" props="props"/>`;
    static components = { LazyComponent };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };
}

registry.category("fields").add("chats_template_body", {
    component: TemplateBodyLoader,
    supportedTypes: ["text"],
    extractProps: ({ placeholder }) => ({ placeholder }),
});
