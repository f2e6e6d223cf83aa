//! The management API's codes in words: what each means and what to do next.

/// Errors that are known, with what to do.
pub const ERRORS: &[(&str, &str)] = &[
    (
        "client_already_exists",
        "the subsystem is there already: run the command again",
    ),
    (
        "additional_member_already_exists",
        "the security server serves one member beside its owner and has that already: name a subsystem of one of the two",
    ),
    (
        "invalid_member_class",
        "the X-Road instance has no such member class: correct subsystem.member_class",
    ),
    (
        "invalid_connection_type",
        "correct subsystem.connection_type",
    ),
    (
        "connection_type_required",
        "write subsystem.connection_type",
    ),
    (
        "action_not_possible",
        "the subsystem is not in a state that allows this: see `security-server status`, and wait for what is in progress",
    ),
    (
        "cannot_register_owner",
        "the owner of the security server cannot be registered: name a subsystem of it",
    ),
    (
        "invalid_instance_identifier",
        "the security server belongs to another X-Road instance: correct subsystem.instance",
    ),
    (
        "global_conf_outdated",
        "the security server's global configuration is outdated: have its administrator look at Diagnostics, then run the command again",
    ),
    (
        "management_request_sending_failed",
        "the security server cannot reach the management services: have its administrator look at Diagnostics, then run the command again",
    ),
    (
        "client_not_found",
        "the subsystem was deleted meanwhile: run the command again",
    ),
    (
        "service_not_found",
        "the service was deleted meanwhile: run the command again",
    ),
    (
        "service_description_not_found",
        "the WSDL was deleted meanwhile: run the command again",
    ),
    (
        "wsdl_exists",
        "the subsystem has this WSDL already: run the command again",
    ),
    (
        "service_already_exists",
        "another WSDL of the subsystem has a service of this name: delete that WSDL, or use another subsystem",
    ),
    (
        "wsdl_download_failed",
        "the security server cannot fetch the WSDL: see that the adapter runs and that its address can be reached from there (`security-server status`)",
    ),
    (
        "invalid_wsdl",
        "the security server does not take the WSDL: `psop-adapter lint-wsdl` says why",
    ),
    (
        "invalid_wsdl_service_identifier",
        "a service code or version has characters that are not allowed: `psop-adapter lint-wsdl` says which",
    ),
    (
        "wsdl_validator_not_executable",
        "the security server's WSDL validator cannot be run: have its administrator repair proxy-ui-api.wsdl-validator-command",
    ),
    (
        "wsdl_validator_interrupted",
        "the security server's WSDL validator did not come to its end: run the command again",
    ),
    (
        "malformed_url",
        "the security server does not take the address: no underscores, and no IPv6",
    ),
    (
        "invalid_service_url",
        "a soap:address in the WSDL is neither http:// nor https://: correct server.public_url of the adapter",
    ),
    (
        "invalid_https_url",
        "TLS cannot be verified at an http:// address: correct url or verify_tls",
    ),
    (
        "service_code_reserved",
        "the WSDL has a service with a name that the security server keeps for itself: take it out",
    ),
    (
        "certificate_already_exists",
        "the certificate is there already: run the command again",
    ),
    (
        "invalid_cert",
        "the file holds no certificate that the security server can use: it must be X.509 in PEM",
    ),
    (
        "certificate_not_found",
        "the certificate is gone already: run the command again",
    ),
    (
        "duplicate_accessright",
        "the right is there already: run the command again",
    ),
    (
        "accessright_not_found",
        "the right is gone already: run the command again",
    ),
    (
        "service_client_not_found",
        "the X-Road instance knows no such subject: correct it, or remove its [[right]]",
    ),
    (
        "validation_failure",
        "a value has characters that are not allowed: correct it",
    ),
    ("warnings_detected", "it warns: see above"),
];

/// Warnings that are known, with what they mean.
pub const WARNINGS: &[(&str, &str)] = &[
    (
        "unregistered_member",
        "the member is not registered in the X-Road instance: a wrong member_class or member_code does this, and a member that is still to be registered",
    ),
    (
        "wsdl_validation_warnings",
        "the WSDL validator has remarks; the WSDL is usable",
    ),
    ("adding_services", "the WSDL has new services"),
    (
        "deleting_services",
        "services that the WSDL has no more would be DELETED, with every right to them",
    ),
    ("adding_endpoints", "the description has new endpoints"),
    (
        "deleting_endpoints",
        "endpoints that the description has no more would be deleted",
    ),
    (
        "internal_server_ssl_handshake_error",
        "the TLS handshake with the service's address fails: see that the adapter runs there, with TLS 1.2 and an RSA certificate",
    ),
    (
        "internal_server_ssl_error",
        "the certificate at the service's address is none of those uploaded for the subsystem, or nothing answers there: calls would fail",
    ),
    (
        "openapi_validation_warnings",
        "the OpenAPI description has remarks",
    ),
];

/// What an error's code asks for.
pub fn of_error(code: &str) -> Option<&'static str> {
    find(ERRORS, code)
}

/// What a warning's code means.
pub fn of_warning(code: &str) -> &'static str {
    find(WARNINGS, code)
        .unwrap_or("this version does not know the warning: see the security server's user guide")
}

fn find(list: &'static [(&'static str, &'static str)], code: &str) -> Option<&'static str> {
    let found = list.iter().find(|(known, _)| *known == code);
    found.map(|(_, text)| *text)
}
