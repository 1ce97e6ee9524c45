"""A document-exchange engine: EDIFACT, UBL and ERP JSON over SFTP, AS2, e-mail, directories and HTTP."""

__version__ = "0.1.0"
