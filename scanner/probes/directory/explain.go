// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"
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
		return fmt.Errorf("%s: the directory answered something that is not LDAP, or too much of it", doing)
	}
	return fmt.Errorf("%s: %s", doing, sentence(answer.ResultCode))
}

// sentence says what a result code of RFC 4511 appendix A asks to do.
func sentence(code uint16) string {
	switch code {
	case ldap.LDAPResultInvalidCredentials:
		return "the directory refused the account: check bind_dn and password_file"
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultAuthMethodNotSupported,
		ldap.LDAPResultInappropriateAuthentication:
		return "the directory refuses a simple bind, even over TLS: allow it for this account"
	case ldap.LDAPResultNoSuchObject:
		return "the directory does not know base_dn, or hides it from this account: check base_dn and the read rights"
	case ldap.LDAPResultInvalidDNSyntax:
		return "the directory cannot read bind_dn or base_dn: check how they are written"
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultOperationsError:
		return "the directory refuses to answer this account: check its read rights"
	case ldap.LDAPResultReferral:
		return "base_dn belongs to another server: declare that server"
	case ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultSizeLimitExceeded:
		return "the directory stopped at its own limit: allow paged searches for this account"
	case ldap.LDAPResultUnavailableCriticalExtension:
		return "the directory does not know paged searches: allow them"
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return "the directory is too busy: try again later"
	case ldap.ErrorNetwork:
		return "the connection broke or the directory did not answer in time"
	}
	return fmt.Sprintf("the directory answered with result code %d", code)
}
