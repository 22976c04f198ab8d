//! What templates of External Secrets may call (external-secrets 2.6 `runtime/template/v2/template.go` and its `sprig/functions.go`).

use crate::references::go_template::Engine;

/// The engine of its templates.
pub const ENGINE: Engine = Engine {
    functions:
        "abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base
    bcrypt biggest buildCustomCert camelcase cat ceil certSANs chunk clean coalesce compact concat contains date
    dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig
    dir div divf duration durationRound empty encryptAES ext fail filterCertChain filterPEM first float64 floor
    fromJson fromYaml fullPemToPkcs12 fullPemToPkcs12Pass genCA genCAWithKey genPrivateKey genSelfSignedCert
    genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get has hasKey hasPrefix hasSuffix hello htmlDate
    htmlDateInZone htpasswd indent initial initials int int64 isAbs join jwkPrivateKeyPem jwkPublicKeyPem
    kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend
    mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast
    mustMerge mustMergeOverwrite mustPrepend mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
    mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson
    mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now omit osBase osClean
    osDir osExt osIsAbs pemToPkcs12 pemToPkcs12Pass pemTruststoreToPKCS12 pemTruststoreToPKCS12Pass pick
    pkcs12cert pkcs12certPass pkcs12key pkcs12keyPass pluck plural prepend quote randAlpha randAlphaNum randAscii
    randBytes randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll
    regexReplaceAllLiteral regexSplit repeat replace rest reverse round rsaDecrypt semver semverCompare seq set
    sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote sub subf substr
    swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString toStrings toYaml trim trimAll
    trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep
    untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith",
    variables: &[],
};
