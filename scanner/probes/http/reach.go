// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"syscall"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// reach says how a contact that brought no HTTP answer ended.
func (v *visitor) reach(ctx context.Context, host string, err error) fact.Reach {
	var refusal *scanner.Refusal
	switch {
	case errors.As(err, &refusal):
		return fact.Unreached
	case errors.Is(err, syscall.ECONNREFUSED):
		return fact.Closed
	case isOtherTalk(err):
		return fact.OtherTalk
	}
	if addresses, err := v.net.Lookup(ctx, host); err == nil && len(addresses) == 0 {
		return fact.NoAddress
	}
	return fact.Unreached
}

// isOtherTalk tells whether the answer was no TLS, or no HTTP.
func isOtherTalk(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header) || errors.Is(err, errNotHTTP)
}

// bracket writes a host for a URL: addresses of version 6 stand in brackets.
func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
