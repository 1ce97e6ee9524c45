"""A small release in each of the layouts that the directories have been published in, written for these tests."""

from __future__ import annotations

RULER_BOX = "─" * 70
RULER = "-" * 70


def files(release: str, **texts: str) -> dict[str, bytes]:
    """Files by name as the archives have them: code page 437, line ends of DOS; `EDED` gets the release behind its name."""
    return {f"DIR/{name.replace('_', '-')}.{release}": text.replace("\n", "\r\n").encode("cp437") for name, text in texts.items()}


def message(kind: str, release: str, table: str, prose: str = "") -> dict[str, bytes]:
    text = f"""                              UN/EDIFACT

                                            Message Type : {kind}
                                            Version      : D
                                            Release      : {release}
                                            Contr. Agency: UN

                               CONTENTS

                        Made up for tests
                        message

0.   INTRODUCTION

4.1  Segment clarification
{prose}
4.3.1  Segment table

{table}
"""
    return {f"EDMD/{kind}_D.{release}": text.replace("\n", "\r\n").encode("cp437")}


ELEMENTS_OLD = f"""2.   Data element specifications

{RULER_BOX}

   1004  Document/message number

   Desc: Reference number assigned to the document/message by the
         issuer.

   Repr: an..35

{RULER_BOX}

*  5105  A name that is too long for its line and goes on with the
         second one

   Desc: Nothing.

   Repr: n2

{RULER_BOX}

X  1131  Code list qualifier                                     [C]

   Desc: Identification of a code list.

   Repr: an..3
"""

COMPOSITES_OLD = f"""{RULER_BOX}

      C002  DOCUMENT/MESSAGE NAME

      Desc: Identification by code or name, e.g. 1131 alone is
            not enough.

010   1004   Document/message number                     C  an..35
020 + 1131   Code list qualifier                           M  an..3
"""

SEGMENTS_OLD = f"""{RULER_BOX}

      BGM   BEGINNING OF MESSAGE

      Function: To indicate the type and function of a message.

010   C002  DOCUMENT/MESSAGE NAME                          M
      1004   Document/message number                       C  an..35
      1131   Code list qualifier                           M  an..3

020   5105  A NAME THAT IS TOO LONG FOR ITS LINE AND
            GOES ON                                        C  n2

030 * 1004  DOCUMENT/MESSAGE NUMBER                        C  an..17

{RULER_BOX}

    *#|LIN  LINE ITEM

      Function: None.

010   1004  DOCUMENT/MESSAGE NUMBER                        M  an..35

      Note: 1131 is not used here.
"""

CODES_OLD = f"""{RULER_BOX}

* 1131  Code list qualifier

  Desc: Identification of a code list.

  Repr: an..3

  Note: Codes may be 12
        45 or others.

        1 First
             Description of the first.
+      12 Second, whose name is too long for
          its line
             Description.
-      13 Deleted
             Gone.
X    ABC  Third
             Description of the third, 14 Not a code
             Note: in a description
   NOT    Notes
             Note contains nothing.
   ZZZ    Mutually defined
             Self explanatory.
"""

TABLE_BOX = """Pos    Tag Name                                      S   R

           HEADER SECTION

0010   UNH Message header                            M   1
0020   BGM Beginning of message                      M   1

0030 +     ───── Segment group 1  ────────────────── C   9999999─────┐
0040 X LIN Line item with a name that wraps onto
           the second line                           M   1           │
0050 + BGM Beginning of message                      C   35          │
                                                                     │
0060       ───── Segment group 2  ────────────────── M   10─────────┐│
0070   BGM Beginning of message                      M   1          ││
                                                                    ││
0080       ───── Segment group 3  ────────────────── C   5─────────┐││
0090   LIN Line item                                 M   1─────────┴┘│
0100   BGM Beginning of message                      C   1───────────┘
0110   UNT Message trailer                           M   1
"""

TABLE_OLDEST = """  TAG  NAME                                 S   REPT  S   REPT

  UNH  Message header                       M      1
  BGM  Beginning of message                 M      1

  --- Segment Group 1 ------------------------------- C 200000 ------+
  LIN  Line item                            M      1                 |
                                                                     |
  --- Segment Group 2 ------------------------------- C     10 -----+|
  BGM  Beginning of message                 M      1                ||
  LIN  Line item                            C      5 ---------------++
  UNT  Message trailer                      M      1
"""

ELEMENTS_NEW = f"""{RULER}

     1004  Document identifier                                     [C]

     Desc: To identify a document.

     Repr: an..70

{RULER}

     5105  Monetary amount function detail
           description code                                        [B]

     Desc: Code.

     Repr: an..17
"""

COMPOSITES_NEW = f"""{RULER}

       C008 MONETARY AMOUNT FUNCTION DETAIL

       Desc: To provide the detail.

010    5105  Monetary amount function detail
             description code                          C      an..17
020    1004  Document identifier                       C      an..70
"""

SEGMENTS_NEW = f"""{RULER}

       BGM  BEGINNING OF MESSAGE

       Function: To begin.

010    C008 MONETARY AMOUNT FUNCTION DETAIL            C    5
       5105  Monetary amount function detail
             description code                          C      an..17
       1004  Document identifier                       C      an..70

020    1004 DOCUMENT IDENTIFIER                        C    99 an..70
"""

CODES_NEW = f"""{RULER}

|    5105  Monetary amount function detail
           description code                                        [C]

     Desc: Code.

     Repr: an..17

     1     First
              A description.

|    2     Second, long enough to go
           on
              A description.

+          Note: This code will be
\t      330. removed with
 D.12B.

     3     \tThird, behind a tab
              A description.

X    X     A code that looks like a mark
              A description.
"""

TABLE_NEW = """Pos     Tag Name                                     S   R

00010   UNH Message header                           M   1

00020       ---- Segment group 1  ------------------ C   99999------------+
00030   BGM Beginning of message                     M   1                |
00040   BGM Beginning of message                     C   9----------------+
00050   UNT Message trailer                          M   1
"""
