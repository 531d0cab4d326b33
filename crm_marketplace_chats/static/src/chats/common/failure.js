import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";

/**
 * What to tell the user about a request that failed.
 *
 * @param {Error} error
 * @returns {string}
 * @throws the error itself, when it is no failure of a request but a mistake of ours
 */
export function failureText(error) {
    if (error instanceof ConnectionLostError) {
        return _t("No connection to the server. Check the internet and try again.");
    }
    if (!(error instanceof RPCError)) {
        throw error;
    }
    if (error.exceptionName === "odoo.http.SessionExpiredException") {
        return _t("Your session has expired. Reload the page and log in again.");
    }
    return error.data?.message || error.message;
}

/** Whether the server says that a record is gone or closed to this user. */
export function isOutOfReach(error) {
    return ["odoo.exceptions.AccessError", "odoo.exceptions.MissingError"].includes(
        error.exceptionName
    );
}
