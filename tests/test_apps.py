"""Installed, removed and installed again through the Apps screen, without demo data."""

import re

import pytest
from odoo_server import own_server

from devtools.paths import ADDON


def without_the_addon(workspace, database):
    """A database with what the addon depends on, that asks for no demo data of it."""
    workspace.copy(workspace._dependencies_template(), database)
    workspace.server.query("update ir_module_module set demo = false", database=database)


@pytest.fixture
def server(workspace):
    with own_server(workspace, "apps", without_the_addon) as started:
        yield started
        assert not started.errors()


@pytest.fixture
def admin_page(browser, server):
    """An administrator's page, whose errors are collected."""
    context = browser.new_context(
        base_url=server.url, locale="ru-RU", viewport={"width": 1440, "height": 900}
    )
    params = {"db": server.db, "login": "admin", "password": "admin"}
    context.request.post("/web/session/authenticate", data={"jsonrpc": "2.0", "params": params})
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    yield page
    context.close()
    assert not errors


def press(server, button):
    """Press a button of the addon in the Apps screen."""
    admin = server.rpc("admin")
    (module,) = admin("ir.module.module", "search", [["name", "=", ADDON]])
    admin("ir.module.module", button, [module])


def tables(server):
    return server.query("select tablename from pg_tables where tablename like 'marketplace%'").split()


def left_behind(server):
    """What an addon could forget: (kind, name)."""
    return server.query(
        f"select 'xmlid', name from ir_model_data where module = '{ADDON}'"
        " union all select 'model', model from ir_model where model like 'marketplace.%'"
        " union all select 'field', name from ir_model_fields where name like 'vehicle%' or name like 'marketplace%'"
        " union all select 'column', column_name from information_schema.columns"
        "   where column_name like 'vehicle%' or column_name like 'marketplace%' or column_name = 'is_vehicle'"
        " union all select 'cron', cron_name from ir_cron where cron_name like 'Chats:%'"
        " union all select 'file', res_model from ir_attachment where res_model like 'marketplace.%'"
        f" union all select 'asset', name from ir_asset where path like '{ADDON}%'"
    ).splitlines()


def test_installed_removed_and_installed_again(server, admin_page):
    assert tables(server) == []
    russian(server)

    press(server, "button_immediate_install")
    assert "marketplace_conversation" in tables(server)
    assert server.query("select count(*) from product_template where is_vehicle") == "0", "no demo data"
    admin_page.goto("/odoo/chats")
    admin_page.locator(".o_mchats_list .o_mchats_nothing").wait_for()
    assert "Чаты" in admin_page.locator(".o_menu_brand").inner_text()
    shown = admin_page.locator(".o_mchats").inner_text()
    assert not re.search(r"[A-Za-z]{3,}", shown), shown

    press(server, "button_immediate_uninstall")
    assert tables(server) == []
    assert left_behind(server) == []
    admin_page.goto("/odoo")
    admin_page.locator(".o_main_navbar").wait_for()
    admin_page.locator(".o_navbar_apps_menu button").click()
    admin_page.get_by_role("menuitem", name="CRM").wait_for()
    assert admin_page.get_by_role("menuitem", name="Чаты").count() == 0

    press(server, "button_immediate_install")
    admin_page.goto("/odoo/chats")
    admin_page.locator(".o_mchats_list .o_mchats_nothing").wait_for()


def russian(server):
    """The administrator's language, as in a Russian dealership."""
    admin = server.rpc("admin")
    (me,) = admin("res.users", "search", [["login", "=", "admin"]])
    admin("res.users", "write", [me], {"lang": "ru_RU", "tz": "Europe/Moscow", "tour_enabled": False})
