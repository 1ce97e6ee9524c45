"""Who takes part: parties with their addresses, contacts, accounts; and what is said about them."""

from __future__ import annotations

from edi.documents.scalars import Code, Moment, Part, Text, Week, about


class Id(Part):
    """An identifier and the scheme that gives it meaning."""

    value: Text = about(
        "The identifier itself.", edifact={"": "C082.3039", "ids": "C082.3039 / RFF C506.1154"}, ubl="text()", required=True
    )
    scheme: Code | None = about(
        "ICD or EAS code (0088 GLN, 9930 German VAT number), or `buyer` or `seller` for one assigned by them.",
        edifact="C082.3055",
        ubl="@schemeID",
    )


class Period(Part):
    """From when until when; or a calendar week."""

    start: Moment | None = about("First day.", bt={"lines": "BT-134", "period": "BT-73"}, ubl="cbc:StartDate")
    end: Moment | None = about("Last day.", bt={"lines": "BT-135", "period": "BT-74"}, ubl="cbc:EndDate")
    week: Week | None = about("ISO week such as `2024-W12`, where only a week was said.", edifact="format 616")


class Note(Part):
    """Free text with what it is about."""

    subject: Code | None = about("Subject of the text (4451).", bt={"": "BT-21", "lines": ""}, edifact="FTX 4451")
    code: Code | None = about("The text as a code (4441) the partners agreed on.", edifact="FTX C107.4441")
    text: Text | None = about(
        "The text; line breaks are kept.", bt={"": "BT-22", "lines": "BT-127"}, edifact="FTX C108.4440", ubl="cbc:Note"
    )
    language: Code | None = about("Language of the text, ISO 639-1.", edifact="FTX 3453", ubl="cbc:Note/@languageID")


class Link(Part):
    """Another document, or a line of it, where the field's name says which."""

    number: Text | None = about(
        "The other document's number.",
        bt={"order": "BT-13", "sales_order": "BT-14", "despatch": "BT-16", "receipt": "BT-15", "preceding_invoices": "BT-25"},
        edifact="RFF C506.1154",
        ubl="cbc:ID",
    )
    line: Text | None = about("Line in the other document.", edifact="RFF C506.1156", ubl="cbc:LineID")
    date: Moment | None = about("Date of the other document.", bt={"preceding_invoices": "BT-26"}, edifact="DTM+171", ubl="cbc:IssueDate")
    version: Text | None = about("Version of the other document.", edifact="RFF C506.1056", ubl="cbc:VersionID")


class Reference(Link):
    """Another document, with what it is."""

    type: Code | None = about("What is referred to (1153).", edifact="RFF C506.1153", ubl="cbc:DocumentTypeCode")


class Address(Part):
    """A postal address."""

    street: Text | None = about(
        "Street and number, or post box.",
        bt={"seller": "BT-35", "buyer": "BT-50", "tax_representative": "BT-64", "ship_to": "BT-75"},
        edifact="C059.3042 (1)",
        ubl="cbc:StreetName",
    )
    street2: Text | None = about(
        "Second line.",
        bt={"seller": "BT-36", "buyer": "BT-51", "tax_representative": "BT-65", "ship_to": "BT-76"},
        edifact="C059.3042 (2)",
        ubl="cbc:AdditionalStreetName",
    )
    line3: Text | None = about(
        "Third line.",
        bt={"seller": "BT-162", "buyer": "BT-163", "tax_representative": "BT-164", "ship_to": "BT-165"},
        edifact="C059.3042 (3)",
        ubl="cac:AddressLine/cbc:Line",
    )
    building: Text | None = about("Number of the building, where it is not in the street.", ubl="cbc:BuildingNumber")
    building_name: Text | None = about("Name of the building.", ubl="cbc:BuildingName")
    department: Text | None = about("Department at the address.", ubl="cbc:Department")
    post_box: Text | None = about("Post box, where it is not in the street.", ubl="cbc:Postbox")
    city: Text | None = about(
        "City.",
        bt={"seller": "BT-37", "buyer": "BT-52", "tax_representative": "BT-66", "ship_to": "BT-77"},
        edifact="3164",
        ubl="cbc:CityName",
    )
    postcode: Text | None = about(
        "Post code.",
        bt={"seller": "BT-38", "buyer": "BT-53", "tax_representative": "BT-67", "ship_to": "BT-78"},
        edifact="3251",
        ubl="cbc:PostalZone",
    )
    region: Text | None = about(
        "State, province or region.",
        bt={"seller": "BT-39", "buyer": "BT-54", "tax_representative": "BT-68", "ship_to": "BT-79"},
        edifact="C819.3228",
        ubl="cbc:CountrySubentity",
    )
    country: Code | None = about(
        "Country, ISO 3166-1 alpha-2.",
        bt={"seller": "BT-40", "buyer": "BT-55", "tax_representative": "BT-69", "ship_to": "BT-80"},
        edifact="3207",
        ubl="cac:Country/cbc:IdentificationCode",
    )


class Contact(Part):
    """A person or department to talk to."""

    function: Code | None = about(
        "What the contact is for (3139): IC information, SU supplier, OC order, PD purchasing.", edifact="CTA 3139"
    )
    first_name: Text | None = about("Given name, where it is told apart.", ubl="cac:Person/cbc:FirstName")
    title: Text | None = about("What the person is in the company.", ubl="cac:Person/cbc:JobTitle")
    department: Text | None = about("Department, or the identifier of the contact.", edifact="CTA C056.3413", ubl="cbc:ID")
    name: Text | None = about("Name.", bt={"seller": "BT-41", "buyer": "BT-56"}, edifact="CTA C056.3412", ubl="cbc:Name")
    phone: Text | None = about("Telephone number.", bt={"seller": "BT-42", "buyer": "BT-57"}, edifact="COM+...:TE", ubl="cbc:Telephone")
    fax: Text | None = about("Fax number.", edifact="COM+...:FX", ubl="cbc:Telefax")
    email: Text | None = about("Mail address.", bt={"seller": "BT-43", "buyer": "BT-58"}, edifact="COM+...:EM", ubl="cbc:ElectronicMail")


class BankAccount(Part):
    """An account to pay to or from."""

    iban: Text | None = about("IBAN, or the account number where the country has none.", bt="BT-84", edifact="FII C078.3194", ubl="cbc:ID")
    name: Text | None = about("Name of the account.", bt="BT-85", edifact="FII C078.3192", ubl="cbc:Name")
    bic: Text | None = about("BIC of the bank.", bt="BT-86", edifact="FII C088.3433", ubl="cac:FinancialInstitutionBranch/cbc:ID")
    bank_name: Text | None = about("Name of the bank.", edifact="FII C088.3432", ubl="cac:FinancialInstitutionBranch/cbc:Name")
    branch: Text | None = about(
        "Number of the branch, or the bank code of the country.", edifact="FII C088.3434", ubl="cac:FinancialInstitutionBranch/cbc:ID"
    )
    currency: Code | None = about("Currency of the account, ISO 4217.", edifact="FII C078.6345", ubl="cbc:CurrencyCode")
    bank_address: Address | None = about(
        "Where the bank is.", edifact="FII C088.3436, 3207", ubl="cac:FinancialInstitutionBranch/cac:Address"
    )


class Party(Part):
    """A company or place in its role."""

    gln: Text | None = about(
        "Global Location Number, 13 digits.",
        bt={"seller": "BT-29", "buyer": "BT-46", "payee": "BT-60", "ship_to": "BT-71"},
        edifact="C082.3039 with 3055 = 9",
        ubl="cac:PartyIdentification/cbc:ID[@schemeID='0088']",
    )
    ids: list[Id] | None = about(
        "Other identifiers of the party.",
        bt={"seller": "BT-29", "buyer": "BT-46", "payee": "BT-60"},
        edifact="C082 with 91, 92; RFF",
        ubl="cac:PartyIdentification/cbc:ID",
    )
    endpoint: Id | None = about("Electronic address.", bt={"seller": "BT-34", "buyer": "BT-49"}, ubl="cbc:EndpointID")
    name: Text | None = about(
        "Registered name.",
        bt={"seller": "BT-27", "buyer": "BT-44", "payee": "BT-59", "tax_representative": "BT-62", "ship_to": "BT-70"},
        edifact="C080.3036",
        ubl={
            "": "cac:PartyLegalEntity/cbc:RegistrationName",
            "payee": "cac:PartyName/cbc:Name",
            "tax_representative": "cac:PartyName/cbc:Name",
            "ship_to": "cac:PartyName/cbc:Name",
        },
    )
    name_and_address: Text | None = about("Name and address in one, where the sender does not tell them apart.", edifact="NAD C058.3124")
    trading_name: Text | None = about("Name it trades under.", bt={"seller": "BT-28", "buyer": "BT-45"}, ubl="cac:PartyName/cbc:Name")
    registration: Id | None = about(
        "Registration in a register of companies.",
        bt={"seller": "BT-30", "buyer": "BT-47", "payee": "BT-61"},
        edifact="RFF+GN, XA",
        ubl="cac:PartyLegalEntity/cbc:CompanyID",
    )
    legal_info: Text | None = about(
        "Legal form, share capital and the like.",
        bt={"seller": "BT-33"},
        edifact="FTX+REG",
        ubl="cac:PartyLegalEntity/cbc:CompanyLegalForm",
    )
    vat_id: Text | None = about(
        "VAT number with its country prefix.",
        bt={"seller": "BT-31", "buyer": "BT-48", "tax_representative": "BT-63"},
        edifact="RFF+VA",
        ubl="cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
    )
    tax_id: Text | None = about("Local tax number.", bt={"seller": "BT-32"}, edifact="RFF+FC, AHP", ubl="cac:PartyTaxScheme/cbc:CompanyID")
    address: Address | None = about(
        "Postal address.",
        bt={"seller": "BG-5", "buyer": "BG-8", "tax_representative": "BG-12", "ship_to": "BG-15"},
        edifact="NAD",
        ubl="cac:PostalAddress",
    )
    contacts: list[Contact] | None = about(
        "Whom to talk to, the most important first.", bt={"seller": "BG-6", "buyer": "BG-9"}, edifact="CTA, COM", ubl="cac:Contact"
    )
    accounts: list[BankAccount] | None = about("The party's own bank accounts.", edifact="FII", ubl="cac:FinancialAccount")
    references: list[Reference] | None = about(
        "References of the party that have no field of their own.", edifact="RFF in the group of NAD"
    )


class OtherParty(Party):
    """A party whose role has no field of its own."""

    role: Code = about("Role (3035).", edifact="NAD 3035", required=True)
