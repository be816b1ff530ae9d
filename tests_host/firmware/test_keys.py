# SPDX-License-Identifier: MIT
"""Every configuration key that is told does what it says. The report reads `shown_by`."""

from firmware.ocpp.calls import FEATURES
from tests_host.firmware.key_effects import HERE
from tests_host.firmware.test_session import build, say

# Keys whose effect another test shows.
ELSEWHERE = {
    "AllowOfflineTxForUnknownId":
        "test_authorise.test_offline_list_beats_cache_and_bad_ones_never_charge",
    "LocalAuthorizeOffline":
        "test_authorise.test_offline_list_beats_cache_and_bad_ones_never_charge",
    "LocalAuthListEnabled":
        "test_authorise.test_offline_list_beats_cache_and_bad_ones_never_charge",
    "LocalPreAuthorize":
        "test_authorise.test_online_the_central_system_is_asked_unless_it_may_be_skipped",
    "AuthorizationCacheEnabled":
        "test_authorise.test_answers_are_remembered_and_the_cache_can_be_cleared",
    "AuthorizeRemoteTxRequests": "test_authorise.test_remote_start_asks_when_it_has_to",
    "LocalAuthListMaxLength": "test_authorise.test_list_has_a_length",
    "AuthorizationKey": "test_ocpp_wss.test_change_of_the_password",
    "AuthorizationKeyReading": "test_ocpp_wss.test_password_in_both_readings",
    "SecurityProfile": "test_config.test_security_profile_only_goes_up_and_with_what_it_needs",
    "CertificateStoreMaxLength": "test_ocpp_security.test_roots_come_and_go",
    "ClockAlignedDataInterval":
        "test_told.test_clock_aligned_values_with_and_without_a_transaction",
    "MeterValuesAlignedData":
        "test_told.test_clock_aligned_values_with_and_without_a_transaction",
    "StopTxnAlignedData": "test_told.test_clock_aligned_values_with_and_without_a_transaction",
    "MinimumStatusDuration": "test_told.test_short_states_are_not_told",
    "StopTransactionOnEVSideDisconnect":
        "test_told.test_plug_pulled_from_a_transaction_that_goes_on",
    "WebSocketPingInterval": "test_hostile_frames.test_a_silent_server_is_noticed",
    "SupportedFeatureProfiles": "test_told.test_features_that_are_not_configured_are_not_there",
}  # fmt: skip
# Keys that are kept and told and change nothing here; docs/ocpp.md says why.
WITHOUT = {
    "ConnectorPhaseRotation": "for the central system to know",
    "CpoName": "for the central system to know",
    "ResetRetries": "a reset cannot fail",
    "UnlockConnectorOnEVSideDisconnect": "the lock belongs to the car",
    "AdditionalRootCertificateCheck": "no such check",
}


def shown_by(key):
    """The test that shows what a key does, or why it does nothing; "" when there is none."""
    if key in HERE:
        return "test_keys.test_each_key: " + HERE[key].__name__
    if key in WITHOUT:
        return "no effect: " + WITHOUT[key]
    return ELSEWHERE.get(key, "")


def test_each_key():
    for function in set(HERE.values()):
        app, session, rpc = build(ocpp_features=",".join(FEATURES))
        app.station.rpc = rpc
        assert say(session, rpc)[0] == "BootNotification"
        function(app, session, rpc)


def test_no_key_is_without_a_test():
    app, _, _ = build(ocpp_features=",".join(FEATURES))
    names = [entry["key"] for entry in app.station.config.get([])["configurationKey"]]
    names.append("AuthorizationKey")  # which is never told
    assert len(names) > 45
    assert [name for name in names if not shown_by(name)] == []
    known = list(HERE) + list(ELSEWHERE) + list(WITHOUT)
    assert sorted(known) == sorted(names)  # each once, and none that does not exist
