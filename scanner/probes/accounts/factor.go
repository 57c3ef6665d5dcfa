// SPDX-License-Identifier: Apache-2.0

package accounts

// tier is the strength of a factor (identity-directory-hds.md section 1.6).
type tier int

// The tiers, weakest first. What no table knows is unknown, never strong.
const (
	tierUnknown tier = iota - 1
	tierNone         // not a second factor
	tierWeak         // weak, or for recovery only
	tierStrong       // strong, can be relayed to a false site
	tierBound        // resists false sites
)

// factors is the vocabulary of section 1.6: words of exports and of the
// products they come from, folded as fold does.
func factors() map[string]tier {
	return map[string]tier{
		"aucun facteur": tierNone, "aucun second facteur": tierNone, "sans": tierNone, "neant": tierNone,
		"aucun": tierNone, "aucune": tierNone, "non": tierNone, "none": tierNone, "mot de passe": tierNone, "password": tierNone,
		"mdp": tierNone, "badge sans pin": tierNone, "rfid": tierNone, "temporaryaccesspass": tierNone, "apppassword": tierNone,
		"qrcode": tierNone, "spass": tierNone, "registration": tierNone, "daypassword": tierNone, "applspec": tierNone,

		"email": tierWeak, "e-mail": tierWeak, "mail": tierWeak, "courriel": tierWeak, "sms": tierWeak, "voix": tierWeak,
		"voice": tierWeak, "call": tierWeak, "question": tierWeak, "securityquestions": tierWeak, "paper": tierWeak, "tan": tierWeak,
		"4eyes": tierWeak, "indexedsecret": tierWeak, "recovery-authn-codes": tierWeak, "mobilephone": tierWeak,
		"alternatemobilephone": tierWeak, "officephone": tierWeak,
		"otp sms": tierWeak, "sms otp": tierWeak, "code par sms": tierWeak, "otp mail": tierWeak, "otp email": tierWeak, "telephone": tierWeak,

		"totp": tierStrong, "hotp": tierStrong, "otp": tierStrong, "ocra": tierStrong, "push": tierStrong, "e-cps": tierStrong,
		"ecps": tierStrong, "yubikey": tierStrong, "yubico": tierStrong, "ubk": tierStrong, "tiqr": tierStrong, "daplug": tierStrong,
		"motp": tierStrong, "vasco": tierStrong, "certificat logiciel": tierStrong, "microsoftauthenticatorpush": tierStrong,
		"microsoftauthenticatorpasswordless": tierStrong, "softwareonetimepasscode": tierStrong,
		"application d'authentification": tierStrong, "google authenticator": tierStrong, "microsoft authenticator": tierStrong, "freeotp": tierStrong,
		"otp logiciel": tierStrong, "pro sante connect": tierStrong, "notification push": tierStrong,
		"hardwareonetimepasscode": tierStrong, "token:software:totp": tierStrong, "token:hardware": tierStrong,

		"cpe": tierBound, "carte cpe": tierBound, "cpf": tierBound, "cle fido": tierBound, "cle fido2": tierBound, "cle de securite": tierBound,
		"cle u2f": tierBound, "carte a puce avec pin": tierBound,
		"cps": tierBound, "carte cps": tierBound, "carte a puce": tierBound, "smartcard": tierBound, "fido2": tierBound,
		"webauthn": tierBound, "webauthn-passwordless": tierBound, "u2f": tierBound, "passkey": tierBound, "certificate": tierBound,
		"passkeydevicebound": tierBound, "passkeysynced": tierBound, "windowshelloforbusiness": tierBound,
		"macossecureenclavekey": tierBound, "signed_nonce": tierBound,
	}
}
