"""Every upper bound, in one place, each with its reason. A value over a bound is refused early and named."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

RECEIVED_BYTES_MAX: Final = 512 * MIB
"""One transmission. Real interchanges stay under 100 MB; the AS2 restart profile speaks of 500 MB."""

PAYLOAD_IN_DATABASE_BYTES_MAX: Final = 1 * MIB
"""Up to here a payload is a row (one fsync, one atomicity domain); above, a file (reliability M-figures)."""

SEGMENT_BYTES_MAX: Final = 1 * MIB
"""One EDIFACT segment. The longest real ones (FTX, 5 x 512) are under 3 kB; UNO objects are not segments."""

SEGMENTS_IN_MESSAGE_MAX: Final = 10_000_000
"""A 200,000-line DESADV has 660,000."""

MESSAGES_IN_INTERCHANGE_MAX: Final = 1_000_000

FINDINGS_MAX: Final = 1_000
"""Per message. A person reads ten; more than this only costs memory. One more finding says that we stopped."""

XML_BYTES_MAX: Final = 256 * MIB
XML_DEPTH_MAX: Final = 200
"""UBL nests to about 20, deeply packed despatch advices to 60; 256 is libxml2's own bound."""
XML_ATTRIBUTES_MAX: Final = 200
"""Per element. UBL knows at most 8; libxml2 has no bound of its own."""
XML_TEXT_BYTES_MAX: Final = 10_000_000
"""One text node or attribute value: libxml2's own bound; attachments are streamed past it."""

JSON_DEPTH_MAX: Final = 100
JSON_DIGITS_MAX: Final = 100
"""Digits in one number; amounts have under 20."""

YAML_BYTES_MAX: Final = 1 * MIB
YAML_DEPTH_MAX: Final = 60
"""The operator's files; deeper than any mapping needs."""

EXPRESSION_CHARACTERS_MAX: Final = 1_000

FILE_NAME_BYTES_MAX: Final = 200
"""Of a file name we make. Most file systems allow 255; room is left for a temporary name's prefix and suffix."""
WATCHED_FILES_MAX: Final = 200_000
"""Files of one folder whose size we compare between looks; the rest waits for its turn. About 30 MB."""
ORDERED_FILES_MAX: Final = 10_000
"""Files of one folder that are put in order at a time; the next so many follow them."""
LETTERS_A_DAY_MAX: Final = 100
"""Mails that one address gets from us in a day (T22); what is more waits for the next."""
NOTICES_MAX: Final = 100
"""Oddities of one folder or mailbox that are kept for the operator until the next look."""

WORKSPACE_FILES_MAX: Final = 20_000
"""In one folder of the workspace: a clearing centre has thousands of partners."""

PROGRAM_BYTES_MAX: Final = 16 * MIB
"""One compiled mapping in the cache; the largest shipped one takes a quarter of a MiB."""
PROGRAMS_KEPT_MAX: Final = 4_000
"""Entries of the cache of compiled mappings: three for each mapping and workspace of an account."""

XREF_BYTES_MAX: Final = 64 * MIB
"""One cross-reference table: a million item numbers."""
XREF_ROWS_MAX: Final = 1_000_000
"""Rows a database answers for one cross-reference table."""
XREF_CONNECT_SECONDS_MAX: Final = 10
XREF_QUERY_SECONDS_MAX: Final = 60
"""A query runs at the start and at each reload, and whoever asked for that waits."""

DIRECTORY_BYTES_MAX: Final = 256 * MIB
"""The files of one EDIFACT release, unpacked. D.24A has 12 MB; documents that come along have never passed 50."""
DIRECTORY_FILES_MAX: Final = 5_000
"""Files in an archive of one release. D.24A has 214; the whole UNTDID with its web pages under 2,000."""
PAGES_MAX: Final = 10_000
"""Pages of one polled collection; more is a cursor that leads in a circle."""
MIME_DEPTH_MAX: Final = 20
"""Levels of a mail; real ones have four, and the standard library's parser gives up at a few hundred."""
MIME_PARTS_MAX: Final = 1_000
"""Of one mail."""
