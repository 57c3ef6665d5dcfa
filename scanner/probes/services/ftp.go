// SPDX-License-Identifier: Apache-2.0

package services

import (
	"regexp"
	"strings"

	"carescan/scanner/fact"
)

// ftpFeatures asks what the server can do (RFC 2389), TLS among others (RFC 4217).
func ftpFeatures() hello {
	return hello{packet: []byte("FEAT\r\n"), read: readFeatures}
}

// ftpTLS is the feature line of TLS (RFC 4217 section 6).
var ftpTLS = regexp.MustCompile(`(?mi)^ AUTH [^\r\n]*(TLS|SSL)`)

// readFeatures reads whether TLS is offered. Only FTP answers 211 to FEAT: it
// tells what a greeting without a name left open. A server that does not list
// its features is asked for TLS.
func readFeatures(answer []byte) (identity, bool) {
	text := string(answer)
	switch {
	case !lastReply(text):
		return identity{}, false
	case !strings.HasPrefix(text, "211"):
		return identity{next: ftpAuth}, true
	case ftpTLS.MatchString(text):
		return identity{protocol: "ftp", clear: fact.OfferUnknown}, true
	}
	return identity{protocol: "ftp", next: ftpAuth}, true
}

// ftpAuth asks for TLS, which comes before any login (RFC 4217 section 4). No
// name is ever given: whether TLS is demanded, where it is offered, would take a
// login, which the server would write down and might hold against us.
func ftpAuth() hello {
	return hello{packet: []byte("AUTH TLS\r\n"), read: readFTPAuth}
}

// readFTPAuth reads whether TLS begins: 234 says so. What refuses it for good
// takes a login in clear or none; 431 and 421 are no refusals.
func readFTPAuth(answer []byte) (identity, bool) {
	text := string(answer)
	switch {
	case !lastReply(text):
		return identity{}, false
	case strings.HasPrefix(text, "234"):
		return identity{clear: fact.OfferUnknown}, true
	case strings.HasPrefix(text, "5"):
		return identity{clear: fact.Accepted}, true
	}
	return identity{}, true
}
