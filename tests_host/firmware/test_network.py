# SPDX-License-Identifier: MIT
"""Wi-Fi that never gives up, the set-up access point, and what is not in the log."""

from firmware.network import Network as Service
from firmware.setup_point import OPEN_MS, SetupPoint, save
from firmware.wifi import LONGEST_MS, RADIO_AFTER, UP, Wifi
from tests_host.firmware.fake_network import WLAN, Events, Network

MASK = (1 << 30) - 1


class Desk:
    """A Wifi on a clock that wraps after ten seconds."""

    def __init__(self):
        self.events = Events()
        self.now_ms = (1 << 30) - 10000
        self.wifi = Wifi(Network, "home", "swordfish", self.events)
        self.radio = WLAN.made

    def run(self, ms):
        for _ in range(ms // 200):
            self.wifi.step(self.now_ms & MASK)
            self.now_ms += 200


def test_joins_and_says_how_strong():
    desk = Desk()
    desk.run(400)
    assert desk.radio.calls[:2] == [("active", True), ("connect", "home", "swordfish")]
    assert not desk.wifi.up
    desk.radio.connected = True
    desk.run(400)
    assert desk.wifi.up
    assert desk.wifi.address == "192.168.1.20"
    assert desk.events.seen == [("wifi_up", {"address": "192.168.1.20", "rssi_dbm": -61})]
    desk.radio.rssi = -80
    desk.run(11000)
    assert desk.wifi.rssi_dbm == -80


def test_joins_again_at_once_when_the_link_is_lost():
    desk = Desk()
    desk.radio.connected = True
    desk.run(600)
    desk.radio.connected = False
    desk.radio.code = Network.STAT_NO_AP_FOUND
    desk.run(200)
    assert desk.events.seen[-1] == ("wifi_lost", {"reason": "network not found", "rssi_dbm": -61})
    assert desk.radio.count("connect") == 2
    desk.radio.connected = True
    desk.run(400)
    assert desk.wifi.state == UP
    assert desk.wifi.reason == ""


def test_names_the_reason_and_never_gives_up():
    desk = Desk()
    desk.radio.code = Network.STAT_WRONG_PASSWORD
    desk.run(2 * 3600000)
    assert desk.wifi.reason == "wrong password"
    attempts = desk.radio.count("connect")
    assert attempts > 2 * 3600000 // LONGEST_MS * 9 // 10
    desk.run(600000)
    assert desk.radio.count("connect") >= attempts + 8
    desk.radio.connected = True
    desk.run(LONGEST_MS + 5000)
    assert desk.wifi.up


def test_the_radio_is_restarted_after_some_failures_and_only_then():
    desk = Desk()
    desk.radio.code = Network.STAT_CONNECT_FAIL
    while desk.wifi.failures < RADIO_AFTER:
        desk.run(200)
    assert ("active", False) not in desk.radio.calls
    desk.run(LONGEST_MS)
    off = desk.radio.calls.index(("active", False))
    assert desk.radio.calls[off + 1] == ("active", True)
    assert "wifi_radio_restart" in desk.events.names()


def test_no_answer_is_a_timeout():
    desk = Desk()
    desk.run(21000)
    assert desk.wifi.reason == "timeout"


def test_an_error_of_the_radio_is_a_failure_like_others():
    desk = Desk()
    desk.radio.trouble = "connect"
    desk.run(5000)
    assert desk.wifi.failures >= 2
    assert desk.wifi.reason.startswith("radio: OSError")
    desk.radio.trouble = None
    desk.radio.connected = True
    desk.run(20000)
    assert desk.wifi.up


def test_the_log_is_short_and_has_no_password():
    desk = Desk()
    desk.radio.code = Network.STAT_NO_AP_FOUND
    desk.run(3600000)
    assert len(desk.events.seen) < 40
    assert "swordfish" not in repr(desk.events.seen)


class Settings:
    device_id = "GP-0001"
    wifi_ssid = ""
    wifi_password = ""
    wifi_country = ""
    ethernet = False
    ntp_host = ""
    setup_password = "longenough"


class Panel:
    longs = 0


class Point(SetupPoint):
    """Without the server, which has a test of its own."""

    async def _serve(self):
        pass


def point(password="longenough"):
    settings = Settings()
    settings.setup_password = password
    events = Events()
    WLAN.made = None
    return Point(Network, Panel(), settings, events), events


def run_with_loop(function):
    import asyncio

    async def main():
        function()

    asyncio.run(main())


def test_no_access_point_without_a_long_press():
    setup, events = point()
    for _ in range(3):
        setup.step(1000)
    assert WLAN.made is None
    assert not setup.open
    assert events.seen == []


def test_a_long_press_opens_it_encrypted_and_time_closes_it():
    def story():
        setup, events = point()
        setup._panel.longs += 1
        setup.step(MASK - 1000)
        assert setup.open
        config = WLAN.made.calls[0][1]
        assert config == {"ssid": "GP-0001", "key": "longenough", "security": 3}
        assert WLAN.made.calls[1] == ("active", True)
        setup.step((MASK - 1000 + OPEN_MS - 1) & MASK)
        assert setup.open
        setup.step((MASK - 1000 + OPEN_MS) & MASK)
        assert not setup.open
        assert WLAN.made.calls[-1] == ("active", False)
        assert events.names() == ["setup_open", "setup_closed"]
        assert "longenough" not in repr(events.seen)

    run_with_loop(story)


def test_a_second_long_press_closes_it():
    def story():
        setup, events = point()
        for _ in range(2):
            setup._panel.longs += 1
            setup.step(0)
        assert not setup.open
        assert events.seen[-1] == ("setup_closed", {"reason": "button"})

    run_with_loop(story)


def test_a_short_password_is_no_password():
    setup, events = point("short")
    setup._panel.longs += 1
    setup.step(0)
    assert not setup.open
    assert events.names() == ["setup_refused"]


def test_save_takes_all_or_nothing():
    assert save(b'{"phases": 1, "wifi_password": "swordfish"}')[0] == "200 OK"
    status, text = save(b'{"phases": 9, "wifi_password": "other", "nonsense": 1}')
    assert status == "400 Bad Request"
    assert "phases: 9: expected" in text
    assert "nonsense: unknown key" in text
    assert save(b"[")[0] == save(b"[]")[0] == "400 Bad Request"
    assert save(b'{"wifi_password": "********", "phases": 3}')[0] == "200 OK"
    with open("settings.json") as file:
        text = file.read()
    assert "swordfish" in text
    assert '"phases": 3' in text


class App:
    """What the service asks of the application."""

    def __init__(self, settings):
        self.settings = settings
        self.log = self
        self.event = Events()
        self.charger = self
        self.plugged = False
        self.clock = None

    def now_ms(self):
        return 0


class BoardData:
    BUTTON = -1


class BoardWithButton:
    BUTTON = 15


def test_the_set_up_point_hears_of_the_button_from_its_owner():
    def story():
        app = App(Settings())
        app.panel = Panel()
        service = Service(app, BoardWithButton, Network)
        service.step()
        assert not service.setup.open
        app.panel.longs += 1
        service.setup._serve = point()[0]._serve
        service.step()
        assert service.setup.open

    run_with_loop(story)


def test_the_service_builds_only_what_is_asked_for():
    service = Service(App(Settings()), BoardData, Network)
    assert service.link is None
    assert service.setup is None
    settings = Settings()
    settings.wifi_ssid = "home"
    service = Service(App(settings), BoardData, Network)
    service.step()
    assert WLAN.made.count("connect") == 1
    assert service.ntp is None
