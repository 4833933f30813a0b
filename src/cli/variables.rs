//! Environment variables that no option stands for.

/// Each with what it says.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        "ZOHO_CLIENT_ID",
        "The client's id, where `credentials` name no other variable.",
    ),
    (
        "ZOHO_CLIENT_SECRET",
        "The client's secret, where `credentials` name no other variable.",
    ),
    (
        "ZOHO_REFRESH_TOKEN",
        "The refresh token, where `credentials` name no other variable.",
    ),
    (
        "DESKFORM_CREDENTIAL_COMMAND",
        "A program that gives and keeps credentials, as a line of the shell.",
    ),
    (
        "DESKFORM_ALLOW_ENDPOINT",
        "Hosts that may have the credentials although they are not Zoho's: `host` or `host:port`, with commas between.",
    ),
    (
        "DESKFORM_ALLOW_LEDGER",
        "The place at or below which every ledger has to lie.",
    ),
    (
        "DESKFORM_CACHE",
        "The folder of access tokens. The default is `deskform` in `XDG_CACHE_HOME` or `~/.cache`.",
    ),
    (
        "DESKFORM_CONFIG",
        "The folder of saved credentials and of hosts that you allowed. The default is `deskform` in `XDG_CONFIG_HOME` or `~/.config`.",
    ),
    (
        "DESKFORM_SETTLE",
        "How many seconds a new object may take to appear in its listing. The default is 60.",
    ),
    (
        "HTTPS_PROXY",
        "The proxy that servers are reached by; `ALL_PROXY` says the same.",
    ),
    ("NO_PROXY", "The hosts that are reached without the proxy."),
    (
        "SSL_CERT_FILE",
        "A file of certificates that are trusted in place of the system's.",
    ),
    (
        "SSL_CERT_DIR",
        "A folder of certificates that are trusted in place of the system's.",
    ),
    ("NO_COLOR", "Anything: no colours."),
    ("TERM", "`dumb`: no colours and no progress."),
    (
        "COLUMNS",
        "The width to write for. The default is 100, and 40 is the least.",
    ),
];
