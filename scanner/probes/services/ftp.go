// SPDX-License-Identifier: Apache-2.0

package services

import (
	"strings"

	"carescan/scanner/fact"
)

// ftpUser is a name nobody has. It is sent without any password: the answer
// tells whether a login would be taken before TLS, and no login follows.
const ftpUser = "carescan-look"

// ftpFeatures asks what the server can do (RFC 2389), TLS among others (RFC 4217).
func ftpFeatures() hello {
	return hello{packet: []byte("FEAT\r\n"), read: readFeatures}
}

func readFeatures(answer []byte) (identity, bool) {
	text := string(answer)
	if !lastReply(text) {
		return identity{}, false
	}
	if !strings.Contains(strings.ToUpper(text), "AUTH") {
		// Without AUTH there is no TLS to require.
		return identity{clear: fact.Accepted}, true
	}
	return identity{clear: fact.OfferUnknown, next: ftpLogin}, true
}

func ftpLogin() hello {
	return hello{packet: []byte("USER " + ftpUser + "\r\n"), read: readFTPLogin, farewell: []byte("QUIT\r\n")}
}

// readFTPLogin reads whether the name is taken in clear: 331 asks for its
// password; 421, 522, 530, 534 and 550 refuse, and say why.
func readFTPLogin(answer []byte) (identity, bool) {
	text := string(answer)
	if !lastReply(text) {
		return identity{}, false
	}
	switch upper := strings.ToUpper(text); {
	case strings.HasPrefix(text, "331"), strings.HasPrefix(text, "230"), strings.HasPrefix(text, "332"):
		return identity{clear: fact.Accepted}, true
	case strings.Contains(upper, "TLS"), strings.Contains(upper, "SSL"), strings.Contains(upper, "ENCRYPT"),
		strings.Contains(upper, "SECUR"), strings.HasPrefix(text, "534"):
		return identity{clear: fact.Declined}, true
	}
	return identity{clear: fact.OfferUnknown}, true
}
