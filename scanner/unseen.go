// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// Unseen is an error that says by its cause why something was not seen.
type Unseen struct {
	Cause Cause
	Err   error // what happened, in technical words; nil when the cause says it all
}

// NotSeen gives an error its cause.
func NotSeen(code CauseCode, v Values, err error) error {
	return &Unseen{Cause{Code: code, Values: v}, err}
}

const tooManyRequests = 429 // RFC 6585 section 4

// BadStatus is the error of a service of ours (a registry, a list) that answered
// with a status of HTTP which is not the one asked for.
func BadStatus(code int, err error) error {
	if code == tooManyRequests {
		return NotSeen(CauseRateLimited, nil, err)
	}
	return NotSeen(CauseHTTPStatus, Values{ValueCode: strconv.Itoa(code)}, err)
}

// Error is the technical text.
func (u *Unseen) Error() string {
	if u.Err == nil {
		return u.Cause.Text().EN
	}
	return u.Err.Error()
}

// Unwrap is what happened.
func (u *Unseen) Unwrap() error { return u.Err }

// CauseOf says in one cause why an error kept us from seeing: the first one met.
func CauseOf(err error) Cause { return CausesOf(err)[0] }

// CausesOf lists the causes an error holds, outermost first: those that errors of
// this program carry, or else what is known of standard errors. It is empty
// for no error, and never for an error.
func CausesOf(err error) Causes {
	if err == nil {
		return nil
	}
	list := causesIn(err)
	if len(list) == 0 {
		list = Causes{{Code: CauseUnknown}}
	}
	for i := range list {
		list[i].Detail = Technical(err.Error())
	}
	return list.Merge()
}

// causesIn walks the tree of an error.
func causesIn(err error) Causes {
	if c, ok := standardCause(err); ok {
		return Causes{c}
	}
	switch wrapper := err.(type) { //nolint:errorlint // each node of the tree is looked at on its own
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			return causesIn(inner)
		}
	case interface{ Unwrap() []error }:
		var list Causes
		for _, inner := range wrapper.Unwrap() {
			list = append(list, causesIn(inner)...)
		}
		return list
	}
	return nil
}

var ofRefusal = map[RefusalCode]CauseCode{
	RefusedOutOfScope: CauseOutOfScope,
	RefusedExcluded:   CauseExcluded,
	RefusedPort:       CausePort,
	RefusedExpired:    CauseExpired,
	RefusedQuietHours: CauseQuietHours,
	RefusedBudget:     CauseBudget,
	RefusedStopped:    CauseStopped,
	RefusedIntrusive:  CauseNotAuthorised,
	RefusedProvider:   CauseProvider,
}

var plainPlace = strings.NewReplacer(" (", " ", ")", "")

// standardCause knows one node of an error, not what it wraps.
func standardCause(err error) (Cause, bool) {
	switch e := err.(type) { //nolint:errorlint // each node of the tree is looked at on its own
	case *Unseen:
		return e.Cause, true
	case *Refusal:
		// "www.chu.example (192.0.2.1)" stands in parentheses of its own.
		return Cause{Code: ofRefusal[e.Code]}.At(plainPlace.Replace(e.Address)).With(ValueBy, e.By), ofRefusal[e.Code] != ""
	case *net.OpError:
		return opCause(e)
	case *net.DNSError:
		return dnsCause(e)
	case *fs.PathError:
		return fileCause(e.Err, filepath.Base(e.Path))
	case syscall.Errno:
		return Cause{Code: ofErrno[e]}, ofErrno[e] != ""
	}
	if c, ok := tlsCause(err); ok {
		return c, true
	}
	return sentinelCause(err)
}

func opCause(e *net.OpError) (Cause, bool) {
	var where string
	if e.Addr != nil {
		where = e.Addr.String()
	}
	switch {
	case e.Timeout():
		return Cause{Code: CauseTimeout}.At(where), true
	case errors.Is(e.Err, context.Canceled):
		return Cause{Code: CauseStopped}, true
	case e.Op == "remote error": // an alert of the other side of TLS
		return Cause{Code: CauseTLSRefused}.At(where), true
	case e.Op == "local error": // our own alert: what we got does not hold
		return Cause{Code: CauseBadAnswer}.At(where), true
	}
	if list := causesIn(e.Err); len(list) > 0 {
		c := list[0]
		if c.Values[ValueWhere] == "" {
			c = c.At(where)
		}
		return c, true
	}
	return Cause{}, false
}

func dnsCause(e *net.DNSError) (Cause, bool) {
	switch {
	case e.IsNotFound && e.Err == "no such host": // the words of the standard library
		return Cause{Code: CauseNoSuchName}.At(e.Name), true
	case e.IsNotFound:
		return Cause{Code: CauseNoAddress}.At(e.Name), true
	case e.IsTimeout:
		return Cause{Code: CauseTimeout}.At(e.Server), true
	}
	if list := causesIn(e.Unwrap()); len(list) > 0 {
		return list[0], true
	}
	return Cause{Code: CauseDNSFailure}.At(e.Name), true
}

func fileCause(err error, where string) (Cause, bool) {
	code := CauseFileUnreadable
	if errors.Is(err, fs.ErrNotExist) {
		code = CauseFileMissing
	}
	return Cause{Code: code}.At(where), true
}

func tlsCause(err error) (Cause, bool) {
	bad := func(reason string) (Cause, bool) {
		return Cause{Code: CauseBadCertificate, Values: Values{ValueReason: reason}}, true
	}
	switch e := err.(type) { //nolint:errorlint // each node of the tree is looked at on its own
	case tls.RecordHeaderError:
		return Cause{Code: CauseNotTLS}, true
	case tls.AlertError:
		return Cause{Code: CauseTLSRefused, Values: Values{ValueCode: strconv.Itoa(int(e))}}, true
	case x509.UnknownAuthorityError:
		if strings.Contains(e.Error(), "insecure algorithm") { // its hint, which has no name
			return bad(CertificateSignature)
		}
		return bad(CertificateAuthority)
	case x509.HostnameError:
		return bad(CertificateName)
	case x509.CertificateInvalidError:
		if e.Reason == x509.Expired {
			return bad(CertificateExpired)
		}
		return Cause{Code: CauseBadCertificate}, true
	}
	// The words of the standard library, which has no type for it.
	if err != nil && strings.HasPrefix(err.Error(), "tls: failed to parse certificate from server") {
		return bad(CertificateForm)
	}
	return Cause{}, false
}

// sentinelCause knows the errors that are values.
func sentinelCause(err error) (Cause, bool) {
	switch err { //nolint:errorlint // each node of the tree is looked at on its own
	case context.Canceled:
		return Cause{Code: CauseStopped}, true
	case io.EOF, io.ErrUnexpectedEOF:
		return Cause{Code: CauseReset}, true
	case net.ErrClosed:
		// Nobody but us closes our side, and only when time is up.
		return Cause{Code: CauseTimeout}, true
	case fs.ErrNotExist:
		return Cause{Code: CauseFileMissing}, true
	case fs.ErrPermission:
		return Cause{Code: CauseFileUnreadable}, true
	}
	// context.DeadlineExceeded and os.ErrDeadlineExceeded are among them.
	if slow, ok := err.(interface{ Timeout() bool }); ok && slow.Timeout() {
		return Cause{Code: CauseTimeout}, true
	}
	return Cause{}, false
}

// The errors of Windows sockets (winsock2.h), which have other numbers than
// those the package syscall gives the names of POSIX there.
const (
	wsaAccess      = syscall.Errno(10013)
	wsaNetDown     = syscall.Errno(10050)
	wsaNetUnreach  = syscall.Errno(10051)
	wsaAborted     = syscall.Errno(10053)
	wsaReset       = syscall.Errno(10054)
	wsaTimeout     = syscall.Errno(10060)
	wsaRefused     = syscall.Errno(10061)
	wsaHostDown    = syscall.Errno(10064)
	wsaHostUnreach = syscall.Errno(10065)
)

var ofErrno = map[syscall.Errno]CauseCode{
	syscall.ECONNREFUSED: CauseRefused, wsaRefused: CauseRefused,
	syscall.ECONNRESET: CauseReset, syscall.ECONNABORTED: CauseReset, syscall.EPIPE: CauseReset, wsaReset: CauseReset, wsaAborted: CauseReset,
	syscall.EHOSTUNREACH: CauseUnreachable, syscall.ENETUNREACH: CauseUnreachable, syscall.ENETDOWN: CauseUnreachable,
	syscall.EADDRNOTAVAIL: CauseUnreachable, syscall.EAFNOSUPPORT: CauseUnreachable,
	wsaNetDown: CauseUnreachable, wsaNetUnreach: CauseUnreachable, wsaHostDown: CauseUnreachable, wsaHostUnreach: CauseUnreachable,
	syscall.EACCES: CauseBlockedHere, syscall.EPERM: CauseBlockedHere, wsaAccess: CauseBlockedHere,
	syscall.ETIMEDOUT: CauseTimeout, wsaTimeout: CauseTimeout,
}

// ourSide is the near end of a connection in the texts of the package net.
var ourSide = regexp.MustCompile(`\b((?:tcp|udp)[46]? )\S+->`)

// Technical is the text of an error as it may be kept: without our own address
// and port, which say nothing of the target and change at each look.
func Technical(text string) string { return ourSide.ReplaceAllString(text, "$1") }
