// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-ldap/ldap/v3"

	"carescan/scanner"
)

// explain turns an error of the directory into a sentence of ours. The text the
// directory sends is never repeated: it names accounts. Servers agree on codes,
// not on texts.
func explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	answer, ok := errors.AsType[*ldap.Error](err)
	if !ok {
		return scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("%s: the directory answered something that is not LDAP, or too much of it", doing))
	}
	cause, text := meaning(answer.ResultCode)
	return cause.Over(fmt.Errorf("%s: %s", doing, text))
}

// meaning says what a result code of RFC 4511 appendix A comes from, and asks to do.
func meaning(code uint16) (scanner.Cause, string) {
	of := func(code scanner.CauseCode, text string) (scanner.Cause, string) {
		return scanner.Cause{Code: code}, text
	}
	wrong := func(field, text string) (scanner.Cause, string) {
		return scanner.Cause{Code: scanner.CauseFieldWrong}.With(scanner.ValueField, field), text
	}
	switch code {
	case ldap.LDAPResultInvalidCredentials:
		return of(scanner.CauseBadCredentials, "the directory refused the account: check bind_dn and password_file")
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultAuthMethodNotSupported,
		ldap.LDAPResultInappropriateAuthentication:
		return of(scanner.CauseSignInRefused, "the directory refuses a simple bind, even over TLS: allow it for this account")
	case ldap.LDAPResultNoSuchObject:
		return wrong("base_dn", "the directory does not know base_dn, or hides it from this account: check base_dn and the read rights")
	case ldap.LDAPResultInvalidDNSyntax:
		return wrong("bind_dn, base_dn", "the directory cannot read bind_dn or base_dn: check how they are written")
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultOperationsError:
		return of(scanner.CauseAccessDenied, "the directory refuses to answer this account: check its read rights")
	case ldap.LDAPResultReferral:
		return of(scanner.CauseElsewhere, "base_dn belongs to another server: declare that server")
	case ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultSizeLimitExceeded:
		return of(scanner.CauseTooMany, "the directory stopped at its own limit: allow paged searches for this account")
	case ldap.LDAPResultUnavailableCriticalExtension:
		return of(scanner.CauseRefusedAnswer, "the directory does not know paged searches: allow them")
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return of(scanner.CauseRateLimited, "the directory is too busy: try again later")
	case ldap.ErrorNetwork:
		return of(scanner.CauseReset, "the connection broke or the directory did not answer in time")
	}
	return scanner.Cause{Code: scanner.CauseRefusedAnswer}.With(scanner.ValueCode, strconv.Itoa(int(code))),
		fmt.Sprintf("the directory answered with result code %d", code)
}
