"""Cases Y01 to Y18: what an operator may get wrong, and what they are told."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edi.channels import directory, names
from edi.errors import ConfigError
from edi.workspace.loader import WorkspaceError, examine, load
from tests.workspace.build import FILES, KINDS, only, problems, shown, write

ACME = FILES["partners/acme.yaml"]
ROUTES = FILES["routes.yaml"]
REMOTE = "channel: mail\nkind: remote\ndirection: in\nurl: imaps://mail.example\n"


def test_y01_a_syntax_error_names_file_line_and_column(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/erp-in.yaml": "channel: erp-in\nkind: a: b\n"})
    assert (problem.file, problem.line, problem.column) == ("channels/erp-in.yaml", 2, 8)
    assert problem.excerpt == "kind: a: b\n       ^"


def test_y02_a_key_written_twice_is_refused_with_the_line_of_the_first(tmp_path: Path) -> None:
    problem = only(tmp_path, {"partners/acme.yaml": ACME + "status: test\n"})
    assert shown(problem) == "partners/acme.yaml:8: the key 'status' stands twice; first in line 3"


def test_y03_a_python_object_is_refused(tmp_path: Path) -> None:
    problem = only(tmp_path, {"partners/acme.yaml": ACME.replace("name: Acme", "name: !!python/name:os.system x")})
    assert problem.code == "yaml.tag"


def test_y04_anchors_and_aliases_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, {"partners/acme.yaml": ACME.replace("name: Acme", "name: &a Acme\nlanguage: *a")})
    assert [problem.code for problem in found] == ["yaml.alias", "yaml.alias"]


def test_y05_nesting_5000_deep_is_refused(tmp_path: Path) -> None:
    assert only(tmp_path, {"partners/acme.yaml": "name: " + "[" * 5000}).code == "yaml.limit"


def test_y06_no_norwegian_and_no_lost_zero(tmp_path: Path) -> None:
    text = "partner: no\nname: NO\nids: [{gln: 0012345000010}, {unb: 0012, qualifier: 014}]\ncontacts: [{name: 1.10, phone: 12:30:00}]\n"
    partner = load(write(tmp_path, {"partners/no.yaml": text}), kinds=KINDS).partners["no"]
    assert (partner.title, partner.ids[0].value, partner.ids[1].value, partner.ids[1].qualifier) == ("NO", "0012345000010", "0012", "014")
    assert (partner.contacts[0].name, partner.contacts[0].phone) == ("1.10", "12:30:00")


@pytest.mark.parametrize(
    ("changes", "expected", "hint"),
    [
        ({"partners/acme.yaml": ACME.replace("status:", "staus:")}, "partners/acme.yaml:3: unknown key 'staus'", "did you mean 'status'?"),
        (
            {"partners/acme.yaml": ACME.replace("direction: in,", "direction: in, acknowlege: {contrl: always},")},
            "partners/acme.yaml:6: unknown key 'acknowlege'",
            "did you mean 'acknowledge'?",
        ),
        (
            {"channels/erp-in.yaml": FILES["channels/erp-in.yaml"] + "shedule: {every: 1m}\n"},
            "channels/erp-in.yaml:5: unknown key 'shedule'",
            "did you mean 'schedule'?",
        ),
        (
            {"routes.yaml": ROUTES.replace("partner: acme, kind: order", "partnr: acme, kind: order")},
            "routes.yaml:4: unknown key 'partnr'",
            "did you mean 'partner'?",
        ),
    ],
)
def test_y07_an_unknown_key_suggests_the_one_that_was_meant(
    tmp_path: Path, changes: dict[str, str | None], expected: str, hint: str
) -> None:
    problem = only(tmp_path, changes)
    assert (expected, hint) == (shown(problem), problem.hint)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"partners/acme.yaml": ACME.replace("name: Acme\n", "")}, "partners/acme.yaml:1: the key 'name' is missing"),
        (
            {"channels/erp-in.yaml": "channel: erp-in\nkind: directory\ndirection: in\n"},
            "channels/erp-in.yaml:1: the key 'folder' is missing",
        ),
        ({"routes.yaml": ROUTES.replace("    read: orders-eancom\n", "")}, "routes.yaml:3: the key 'read' is missing"),
        ({"routes.yaml": None}, "routes.yaml:None: the file cannot be read: No such file or directory"),
        ({"partners/acme.yaml": ACME.replace("name: Acme", "name:")}, "partners/acme.yaml:2: the key 'name' has no value"),
    ],
)
def test_y08_a_missing_key_is_named_where_it_belongs(tmp_path: Path, changes: dict[str, str | None], expected: str) -> None:
    assert expected == shown(only(tmp_path, changes))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Acme", "name: {first: A}", "partners/acme.yaml:2: keys and values stands where text is expected"),
        ("status: live", "status: Live", "partners/acme.yaml:3: 'Live' is none of 'test', 'live', 'suspended'"),
        (
            "ids: [{gln: '4054321000009'}, ",
            "ids: [{gln: '4054321000008'}, ",
            "partners/acme.yaml:4: the GLN '4054321000008' has not 13 digits with a right check digit",
        ),
        (
            "qualifier: '14'",
            "qualifier: '14', gln: '1'",
            "partners/acme.yaml:4: an id names one of gln, unb, as2, vat, peppol, email, duns, registration, number",
        ),
        ("direction: in,", "direction: inward,", "partners/acme.yaml:6: 'inward' is none of 'in', 'out'"),
        (
            "direction: in,",
            "direction: in, duplicates: {window: 90},",
            "partners/acme.yaml:6: '90' is not a time span; write 10s, 5m, 4h or 7d",
        ),
        (
            "direction: in,",
            "direction: in, batch: {count: 5},",
            "partners/acme.yaml:6: a batch by count needs or_after, or the last documents of a day would wait for ever",
        ),
        (
            "direction: in,",
            "direction: in, batch: later,",
            "partners/acme.yaml:6: 'later' is no way to batch; write now, {count: 50, or_after: 15m} or {at: '18:00'}",
        ),
        (
            "ORDERS:D:96A:UN:EAN008",
            "ORDERS",
            "partners/acme.yaml:6: 'ORDERS' names no message; write e.g. ORDERS:D:96A:UN:EAN008, Invoice:2.1 or json:order",
        ),
        (
            "status: live",
            "status: live\ntimezone: Mars/Olympus",
            "partners/acme.yaml:4: the time zone 'Mars/Olympus' is not known; write e.g. Europe/Berlin",
        ),
        (
            "direction: in,",
            "direction: in, numbers: {interchange: {from: 9, to: 2}},",
            "partners/acme.yaml:6: the range ends at 2 before it begins at 9",
        ),
        ("direction: in,", "direction: in, in_order: yes,", "partners/acme.yaml:6: 'yes' is neither true nor false"),
    ],
)
def test_y09_a_value_of_the_wrong_type_says_what_is_expected(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected == shown(only(tmp_path, {"partners/acme.yaml": ACME.replace(old, new, 1)}))


@pytest.mark.parametrize(
    "line",
    [
        "password: geheim123",
        "password: 'geheim123'",
        "url: imaps://anna:geheim123@mail.example",
        "X-Api-Key: geheim123",
        "Authorization: Bearer geheim123",
    ],
)
def test_y10_a_secret_in_clear_text_is_refused_and_never_shown(tmp_path: Path, line: str) -> None:
    text = REMOTE.replace("url: imaps://mail.example", line) if line.startswith("url") else REMOTE + line + "\n"
    found = problems(tmp_path, {"channels/mail.yaml": text})
    found = tuple(problem for problem in found if problem.code != "config.unknown_key") or found
    assert {"a secret stands here in clear text; write ${env:NAME} or ${file:PATH}", "a secret stands here in clear text"} >= {
        problem.text for problem in found
    }
    assert found
    assert "geheim123" not in "".join(map(str, found))


def test_y10_a_secret_on_a_line_that_is_no_yaml_is_not_shown_either(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/mail.yaml": REMOTE + "password: geheim: 123\n"})
    assert "geheim" not in str(problem)


def test_y10_references_are_right(tmp_path: Path) -> None:
    assert problems(tmp_path, {"channels/mail.yaml": REMOTE + "password: ${env:MAIL_PASSWORD}\n"}) == ()


@pytest.mark.skipif(os.name != "posix", reason="file modes exist on POSIX systems")
def test_y11_a_secret_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {"channels/mail.yaml": REMOTE + "password: ${file:secrets/mail}\n", "secrets/mail": "geheim\n"})
    (folder / "secrets" / "mail").chmod(0o644)
    problem = only(folder, {"channels/mail.yaml": REMOTE + "password: ${file:secrets/mail}\n"})
    assert shown(problem) == "channels/mail.yaml:5: the secret's file 'secrets/mail' may be read or changed by everybody on this machine"
    assert problem.hint == "chmod 600 secrets/mail"

    (folder / "secrets" / "mail").chmod(0o600)
    assert load(folder, kinds=KINDS).secret("${file:secrets/mail}") == "geheim"


def test_y11_a_suspended_channel_may_wait_for_its_secret(tmp_path: Path) -> None:
    assert problems(tmp_path, {"channels/mail.yaml": REMOTE + "status: suspended\npassword: ${file:secrets/mail}\n"}) == ()


def test_secrets_in_the_environment_are_required_when_the_daemon_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = REMOTE + "password: ${env:EDI_TEST_MAIL}\n"
    resting = text.replace("EDI_TEST_MAIL", "EDI_TEST_RESTS").replace("mail", "rest") + "status: suspended\n"
    workspace = load(write(tmp_path, {"channels/mail.yaml": text, "channels/rest.yaml": resting}), kinds=KINDS)
    monkeypatch.delenv("EDI_TEST_MAIL", raising=False)
    with pytest.raises(ConfigError) as caught:
        workspace.require_environment()
    assert caught.value.message == "environment variables that hold secrets are not set: EDI_TEST_MAIL (channels/mail.yaml:5)"
    monkeypatch.setenv("EDI_TEST_MAIL", "geheim")
    workspace.require_environment()


def test_y11_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/mail.yaml": REMOTE + "password: ${file:secrets/mail}\n"})
    assert problem.text == "the secret's file 'secrets/mail' cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("partner: acme, kind: order", "partner: acmee, kind: order", "routes.yaml:4: there is no partner 'acmee'"),
        ("read: orders-eancom", "read: orders-eancm", "routes.yaml:5: there is no mapping 'orders-eancm'"),
        ("write: erp-order", "write: erp-oder", "routes.yaml:6: there is no mapping 'erp-oder'"),
        ("channel: erp-out", "channel: erp-uot", "routes.yaml:6: there is no channel 'erp-uot'"),
        ("channel: erp-in,", "channel: epr-in,", "routes.yaml:8: there is no channel 'epr-in'"),
        ("kind: order", "kind: ordr", "routes.yaml:4: unknown document kind 'ordr'"),
        ("us: us", "us: uss", "routes.yaml:1: there is no partner 'uss'"),
    ],
)
def test_y12_a_reference_to_nothing_suggests_the_near_name(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = [problem for problem in problems(tmp_path, {"routes.yaml": ROUTES.replace(old, new, 1)}) if problem.code == "config.reference"]
    assert [expected] == [shown(problem) for problem in found]
    assert str(found[0].hint).startswith("did you mean")


def test_y12_a_guide_that_is_not_there_says_where_it_would_be(tmp_path: Path) -> None:
    problem = only(tmp_path, {"partners/acme.yaml": ACME.replace("direction: in,", "direction: in, guide: acme/ORDERS,")})
    assert problem.hint == "it would be schemas/edifact/guides/acme/ORDERS.yaml"


def test_y12_an_unknown_channel_kind_lists_those_there_are(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/erp-in.yaml": FILES["channels/erp-in.yaml"].replace("kind: directory", "kind: ftp")})
    assert (problem.text, problem.hint) == ("unknown channel kind 'ftp'", "one of: directory, remote")


@pytest.mark.parametrize("folder", ["data/erp/in", "./data/erp/in/", "data/erp/./in"])
def test_y13_two_channels_on_one_folder_are_refused(tmp_path: Path, folder: str) -> None:
    changed = FILES["channels/erp-out.yaml"].replace("data/erp/out", folder)
    assert (
        shown(only(tmp_path, {"channels/erp-out.yaml": changed}))
        == "channels/erp-out.yaml:4: the channel uses the same place as channel 'erp-in'"
    )


def test_y13_two_channels_on_one_mailbox_are_refused(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/mail.yaml": REMOTE, "channels/mail2.yaml": REMOTE.replace("channel: mail", "channel: mail2")})
    assert problem.code == "config.place"


def test_y14_a_route_in_a_circle_is_refused_with_the_way_it_goes(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        f"channels/{name}.yaml": f"channel: {name}\nkind: directory\ndirection: both\nfolder: data/{name}\n" for name in ("a", "b")
    }
    changes["routes.yaml"] = ROUTES + "".join(
        f"  - route: {one}-{other}\n    from: {{channel: {one}, kind: order}}\n    read: erp-order\n    to: [{{write: erp-order, channel: {other}}}]\n"
        for one, other in (("a", "b"), ("b", "a"))
    )
    found = problems(tmp_path, changes)
    assert [problem.text for problem in found if problem.code == "config.circle"] == [
        "the route goes in a circle: a → b → a",
        "the route goes in a circle: b → a → b",
    ]


def test_y14_an_erp_that_takes_orders_and_gives_invoices_is_no_circle(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "channels/erp-in.yaml": None,
        "channels/erp-out.yaml": None,
        "channels/erp.yaml": "channel: erp\nkind: remote\ndirection: both\nurl: https://erp.example\n",
        "routes.yaml": ROUTES.replace("channel: erp-in", "channel: erp").replace("channel: erp-out", "channel: erp"),
    }
    assert problems(tmp_path, changes) == ()


def test_y17_a_path_that_leads_upwards_is_refused(tmp_path: Path) -> None:
    changed = FILES["channels/erp-out.yaml"].replace("data/erp/out", "../../etc")
    codes = {problem.code for problem in problems(tmp_path, {"channels/erp-out.yaml": changed})}
    assert {"config.path"} == codes


def test_y17_a_folder_that_is_a_link_out_of_the_workspace_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write(folder)
    (folder / "data" / "erp").mkdir(parents=True)
    (folder / "data" / "erp" / "out").symlink_to(elsewhere)
    problem = only(folder, {})
    assert f"{problem.file}:{problem.line}" == "channels/erp-out.yaml:4"
    assert problem.code == "config.path"


def test_y18_protection_switched_off_is_refused_unless_the_risk_is_accepted_by_name_with_a_reason(tmp_path: Path) -> None:
    problem = only(tmp_path, {"channels/mail.yaml": REMOTE + "verify: false\n"})
    assert (
        shown(problem),
        problem.hint,
    ) == ("channels/mail.yaml:5: anybody could pose as the server", "if it must be: i_accept_risk: {no_verify: the reason}")
    accepted = REMOTE + "verify: false\ni_accept_risk: {no_verify: test server in our own rack until March}\n"
    assert problems(tmp_path, {"channels/mail.yaml": accepted}) == ()


def test_y18_an_acceptance_that_accepts_nothing_is_refused(tmp_path: Path) -> None:
    assert only(tmp_path, {"channels/mail.yaml": REMOTE + "i_accept_risk: {no_verify: because}\n"}).code == "config.risk"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"routes.yaml": ROUTES.replace("kind: order}", "kind: order, test: true}")},
            "routes.yaml:6: test documents would go to the live channel 'erp-out'",
        ),
        (
            {"channels/erp-out.yaml": FILES["channels/erp-out.yaml"] + "status: test\n"},
            "routes.yaml:6: live documents would go to the test channel 'erp-out'",
        ),
        (
            {"channels/erp-in.yaml": FILES["channels/erp-in.yaml"] + "status: test\n"},
            "routes.yaml:8: channel 'erp-in' is for tests, the route takes live documents only",
        ),
    ],
)
def test_p38_a_route_never_crosses_between_test_and_live(tmp_path: Path, changes: dict[str, str | None], expected: str) -> None:
    assert expected == shown(only(tmp_path, changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"routes.yaml": ROUTES.replace("route: acme-invoices", "route: acme-orders")}, "two routes are called 'acme-orders'"),
        (
            {"partners/acme.yaml": ACME.replace("direction: in,", "direction: out,")},
            "nothing was agreed with partner 'acme' for 'order', direction in",
        ),
        ({"routes.yaml": ROUTES.replace("channel: acme-out", "channel: acme-in")}, "channel 'acme-in' only receives"),
        ({"routes.yaml": ROUTES.replace("channel: erp-in,", "channel: acme-out,")}, "channel 'acme-out' only sends"),
        ({"partners/beta.yaml": ACME.replace("partner: acme", "partner: acme")}, "the partner is called 'acme', its file 'beta'"),
        (
            {"partners/beta.yaml": "partner: beta\nname: Beta\nids: [{gln: '4054321000009'}]\n"},
            "the gln id '4054321000009' is also that of partner 'acme'",
        ),
        (
            {
                "routes.yaml": ROUTES
                + "  - {route: more, from: {channel: acme-in, kind: order}, read: erp-order, to: [{write: erp-order, channel: erp-out}]}\n"
            },
            "a document can fit the routes 'acme-orders' and 'more' equally well",
        ),
    ],
)
def test_what_does_not_fit_between_files_is_told(tmp_path: Path, changes: dict[str, str | None], expected: str) -> None:
    assert expected in [problem.text for problem in problems(tmp_path, changes)]


def test_the_error_a_program_sees_holds_every_problem_with_caret_and_hint(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        load(write(tmp_path, {"partners/acme.yaml": ACME.replace("status:", "staus:")}), kinds=KINDS)
    expected = "the workspace has 1 problem in 1 file\npartners/acme.yaml:3:1: unknown key 'staus'\n    staus: live\n    ^\n  hint: did you mean 'status'?"
    assert expected == str(caught.value)


def test_y15_no_file_takes_a_regular_expression_and_a_hostile_shell_pattern_is_quick(tmp_path: Path) -> None:
    pattern = "*a" * 40 + "b"
    text = FILES["channels/acme-in.yaml"] + f"pattern: '{pattern}'\n"
    assert examine(write(tmp_path, {"channels/acme-in.yaml": text}), kinds={"directory": directory.Settings})[1] == ()
    started = time.perf_counter()
    assert not names.matches("a" * 200, [pattern])
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("template", ["{sender.__class__}.edi", "{cycler.__init__}", "{0}", "{type!r}", "../{ref}", "{ref:>999999}"])
def test_y16_a_file_name_template_names_known_fields_only(tmp_path: Path, template: str) -> None:
    text = FILES["channels/acme-out.yaml"] + f"name: '{template}'\n"
    found = examine(write(tmp_path, {"channels/acme-out.yaml": text}), kinds={"directory": directory.Settings})[1]
    assert [f"{problem.file}:{problem.line}" for problem in found] == ["channels/acme-out.yaml:6"]
