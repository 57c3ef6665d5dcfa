// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"carescan/scanner"
)

// The result codes that are told apart (RFC 4511 appendix A).
const (
	resultSuccess            result = 0
	resultOperationsError    result = 1
	resultTimeLimit          result = 3
	resultSizeLimit          result = 4
	resultAuthMethod         result = 7
	resultStrongerAuth       result = 8
	resultReferral           result = 10
	resultAdminLimit         result = 11
	resultCriticalExtension  result = 12
	resultConfidentiality    result = 13
	resultNoSuchObject       result = 32
	resultInvalidDNSyntax    result = 34
	resultInappropriateAuth  result = 48
	resultInvalidCredentials result = 49
	resultAccessRights       result = 50
	resultBusy               result = 51
	resultUnavailable        result = 52
	resultUnwilling          result = 53
)

// explain turns an error of the directory into a sentence of ours. The text the
// directory sends is never repeated: it names accounts. Servers agree on codes,
// not on texts.
func explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	answer, refused := errors.AsType[result](err)
	switch {
	case refused:
		cause, text := meaning(answer)
		return cause.Over(fmt.Errorf("%s: %s", doing, text))
	case errors.Is(err, errTooLarge):
		return scanner.NotSeen(scanner.CauseTooLarge, nil, fmt.Errorf("%s: the directory answers more than is read", doing))
	case errors.Is(err, errNotLDAP):
		return scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("%s: the directory answered something that is not LDAP", doing))
	}
	return scanner.NotSeen(scanner.CauseReset, nil, fmt.Errorf("%s: the connection broke or the directory did not answer in time", doing))
}

// meaning says what a result code of RFC 4511 appendix A comes from, and asks to do.
func meaning(code result) (scanner.Cause, string) {
	of := func(code scanner.CauseCode, text string) (scanner.Cause, string) {
		return scanner.Cause{Code: code}, text
	}
	wrong := func(field, text string) (scanner.Cause, string) {
		return scanner.Cause{Code: scanner.CauseFieldWrong}.With(scanner.ValueField, field), text
	}
	switch code {
	case resultInvalidCredentials:
		return of(scanner.CauseBadCredentials, "the directory refused the account: check bind_dn and password_file")
	case resultStrongerAuth, resultConfidentiality, resultAuthMethod,
		resultInappropriateAuth:
		return of(scanner.CauseSignInRefused, "the directory refuses a simple bind, even over TLS: allow it for this account")
	case resultNoSuchObject:
		return wrong("base_dn", "the directory does not know base_dn, or hides it from this account: check base_dn and the read rights")
	case resultInvalidDNSyntax:
		return wrong("bind_dn, base_dn", "the directory cannot read bind_dn or base_dn: check how they are written")
	case resultAccessRights, resultUnwilling, resultOperationsError:
		return of(scanner.CauseAccessDenied, "the directory refuses to answer this account: check its read rights")
	case resultReferral:
		return of(scanner.CauseElsewhere, "base_dn belongs to another server: declare that server")
	case resultTimeLimit, resultAdminLimit, resultSizeLimit:
		return of(scanner.CauseTooMany, "the directory stopped at its own limit: allow paged searches for this account")
	case resultCriticalExtension:
		return of(scanner.CauseRefusedAnswer, "the directory does not know paged searches: allow them")
	case resultBusy, resultUnavailable:
		return of(scanner.CauseRateLimited, "the directory is too busy: try again later")
	case resultSuccess: // of an answer that should not have been one
	}
	return scanner.Cause{Code: scanner.CauseRefusedAnswer}.With(scanner.ValueCode, strconv.Itoa(int(code))),
		fmt.Sprintf("the directory answered with result code %d", code)
}
