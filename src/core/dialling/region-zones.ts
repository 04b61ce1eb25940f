// Regions of the United States and Canada: their names, their time zones and their postal codes. A region with several
// zones has all of them as candidates, which costs an hour at an end of the day and is never wrong. Read 2026-11-27.

const ET = 'America/New_York';
const CT = 'America/Chicago';
const MT = 'America/Denver';
const PT = 'America/Los_Angeles';

interface Region {
  readonly name: string;
  readonly zones: readonly string[];
  /** Prefixes of postal codes: `100-149`, `96799`, `M`. The longest prefix of a code counts. */
  readonly postal: string;
}

const region = (name: string, zones: readonly string[], postal: string): Region => ({ name, zones, postal });

export const REGIONS: Readonly<Record<string, Region>> = {
  'US-AL': region('Alabama', [CT], '350-352 354-369'),
  'US-AK': region('Alaska', ['America/Anchorage', 'America/Adak'], '995-999'),
  'US-AZ': region('Arizona', ['America/Phoenix', MT], '850-853 855-857 859-860 863-865'),
  'US-AR': region('Arkansas', [CT], '716-729'),
  'US-CA': region('California', [PT], '900-908 910-928 930-961'),
  'US-CO': region('Colorado', [MT], '800-816'),
  'US-CT': region('Connecticut', [ET], '060-069'),
  'US-DE': region('Delaware', [ET], '197-199'),
  'US-DC': region('District of Columbia', [ET], '200 202-205 569'),
  'US-FL': region('Florida', [ET, CT], '320-339 341-342 344 346-347 349'),
  'US-GA': region('Georgia', [ET], '300-319 398-399'),
  'US-HI': region('Hawaii', ['Pacific/Honolulu'], '967-968'),
  'US-ID': region('Idaho', ['America/Boise', PT], '832-838'),
  'US-IL': region('Illinois', [CT], '600-620 622-629'),
  'US-IN': region('Indiana', [ET, CT], '460-479'),
  'US-IA': region('Iowa', [CT], '500-516 520-528'),
  'US-KS': region('Kansas', [CT, MT], '660-662 664-679'),
  'US-KY': region('Kentucky', [ET, CT], '400-418 420-427'),
  'US-LA': region('Louisiana', [CT], '700-701 703-708 710-714'),
  'US-ME': region('Maine', [ET], '039-049'),
  'US-MD': region('Maryland', [ET], '206-212 214-219'),
  'US-MA': region('Massachusetts', [ET], '010-027 055'),
  'US-MI': region('Michigan', [ET, CT], '480-499'),
  'US-MN': region('Minnesota', [CT], '550-551 553-567'),
  'US-MS': region('Mississippi', [CT], '386-397'),
  'US-MO': region('Missouri', [CT], '630-631 633-641 644-658'),
  'US-MT': region('Montana', [MT], '590-599'),
  'US-NE': region('Nebraska', [CT, MT], '680-681 683-693'),
  'US-NV': region('Nevada', [PT, MT], '889-891 893-895 897-898'),
  'US-NH': region('New Hampshire', [ET], '030-038'),
  'US-NJ': region('New Jersey', [ET], '070-089'),
  'US-NM': region('New Mexico', [MT], '870-875 877-884'),
  'US-NY': region('New York', [ET], '005 06390 100-149'),
  'US-NC': region('North Carolina', [ET], '270-289'),
  'US-ND': region('North Dakota', [CT, MT], '580-588'),
  'US-OH': region('Ohio', [ET], '430-459'),
  'US-OK': region('Oklahoma', [CT], '730-731 734-741 743-749'),
  'US-OR': region('Oregon', [PT, 'America/Boise'], '970-979'),
  'US-PA': region('Pennsylvania', [ET], '150-196'),
  'US-RI': region('Rhode Island', [ET], '028-029'),
  'US-SC': region('South Carolina', [ET], '290-299'),
  'US-SD': region('South Dakota', [CT, MT], '570-577'),
  'US-TN': region('Tennessee', [CT, ET], '370-385 422'),
  'US-TX': region('Texas', [CT, MT], '733 750-799 885'),
  'US-UT': region('Utah', [MT], '840-847'),
  'US-VT': region('Vermont', [ET], '050-054 056-059'),
  'US-VA': region('Virginia', [ET], '201 220-246'),
  'US-WA': region('Washington', [PT], '980-986 988-994'),
  'US-WV': region('West Virginia', [ET], '247-268'),
  'US-WI': region('Wisconsin', [CT], '530-532 534-535 537-549'),
  'US-WY': region('Wyoming', [MT], '820-831 83414'),
  'US-PR': region('Puerto Rico', ['America/Puerto_Rico'], '006-007 009'),
  'US-VI': region('U.S. Virgin Islands', ['America/St_Thomas'], '008'),
  'US-GU': region('Guam', ['Pacific/Guam'], '969'),
  'US-MP': region('Northern Mariana Islands', ['Pacific/Guam'], '96950-96952'),
  'US-AS': region('American Samoa', ['Pacific/Pago_Pago'], '96799'),
  'CA-AB': region('Alberta', ['America/Edmonton'], 'T'),
  'CA-BC': region('British Columbia', ['America/Vancouver', 'America/Edmonton', 'America/Creston'], 'V'),
  'CA-MB': region('Manitoba', ['America/Winnipeg'], 'R'),
  'CA-NB': region('New Brunswick', ['America/Moncton'], 'E'),
  'CA-NL': region('Newfoundland and Labrador', ['America/St_Johns', 'America/Goose_Bay'], 'A'),
  'CA-NS': region('Nova Scotia', ['America/Halifax'], 'B'),
  'CA-NT': region('Northwest Territories', ['America/Edmonton'], 'X'),
  'CA-NU': region('Nunavut', ['America/Iqaluit', 'America/Winnipeg', 'America/Edmonton', 'America/Atikokan'], 'X'),
  'CA-ON': region('Ontario', ['America/Toronto', 'America/Winnipeg', 'America/Atikokan'], 'K L M N P'),
  'CA-PE': region('Prince Edward Island', ['America/Halifax'], 'C'),
  'CA-QC': region('Quebec', ['America/Toronto', 'America/Halifax', 'America/Blanc-Sablon'], 'G H J'),
  'CA-SK': region('Saskatchewan', ['America/Regina', 'America/Edmonton', 'America/Winnipeg'], 'S'),
  'CA-YT': region('Yukon', ['America/Whitehorse'], 'Y'),
};

/**
 * Area codes and postal prefixes that lie wholly in one zone of a region with several. Each names a zone of its region.
 */
export const NARROWED: Readonly<Record<string, { readonly codes: string; readonly postal: string }>> = {
  'US-AZ America/Phoenix': { codes: '480 520 602 623', postal: '850-853 855-857' },
  'US-FL America/New_York': {
    codes: '239 305 321 352 386 407 561 689 727 754 772 786 813 863 904 941 954',
    postal: '326-339 341-342 344 346-347 349',
  },
  'US-IN America/New_York': { codes: '260 317 463 765', postal: '460-462 467-468 473-474' },
  'US-IN America/Chicago': { codes: '', postal: '463-464' },
  'US-MI America/New_York': { codes: '248 269 313 517 586 616 734 810 947 989', postal: '480-492' },
  'US-NV America/Los_Angeles': { codes: '702 725', postal: '889-891' },
  'US-OR America/Los_Angeles': { codes: '503 971', postal: '970-973' },
  'US-TX America/Chicago': {
    codes: '210 214 254 281 325 346 361 409 430 469 512 682 713 726 737 817 832 903 936 940 945 956 972 979',
    postal: '750-787',
  },
  'US-TX America/Denver': { codes: '', postal: '885' },
  'US-KY America/New_York': { codes: '502 859', postal: '402 405 410' },
  'CA-ON America/Toronto': { codes: '226 249 289 343 365 416 437 519 548 613 647 905', postal: 'K L M N' },
  'CA-BC America/Vancouver': { codes: '604', postal: 'V3 V4 V5 V6 V7 V8 V9' },
};
