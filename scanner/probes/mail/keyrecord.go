// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The reader is written here and not left to a library: the one at hand refuses
// "s=*", notes with an accent, a space after the last semicolon, and keys in the
// form RFC 6376 first gave them (ADR 0014).

// dkimKey is what a DKIM key record says (RFC 6376 section 3.6.1).
type dkimKey struct {
	kind    string // "rsa" or "ed25519"
	bits    int
	revoked bool
	hashes  []string // h=, none means all
	flags   []string // t=
	mail    bool     // the services (s=) include mail
}

var (
	errTagList     = errors.New("not a list of tags")
	errTagTwice    = errors.New("a tag is written twice")
	errKeyVersion  = errors.New("the version is not DKIM1, or not the first tag")
	errNoKey       = errors.New("the tag p is missing")
	errKeyKind     = errors.New("unknown type of key")
	errKeyEncoding = errors.New("the key is not base64")
	errKey         = errors.New("bad public key")
)

// folding is the white space allowed around tags and inside some values.
const folding = " \t\r\n"

// parseKeyRecord reads the tags that matter; the others, notes among them, may
// hold anything.
func parseKeyRecord(text string) (dkimKey, error) {
	tags, err := keyTags(text)
	if err != nil {
		return dkimKey{}, err
	}
	k := dkimKey{kind: "rsa", mail: true}
	if kind, said := tags["k"]; said {
		k.kind = strings.ToLower(kind)
	}
	k.hashes, k.flags = colonList(tags["h"]), colonList(tags["t"])
	if services := colonList(tags["s"]); len(services) > 0 {
		k.mail = slices.ContainsFunc(services, func(s string) bool { return s == "*" || s == "email" })
	}
	if k.kind != "rsa" && k.kind != "ed25519" {
		return k, fmt.Errorf("%w: %q", errKeyKind, k.kind)
	}
	return k, k.readKey(tags["p"])
}

// keyTags reads a list of tags (section 3.2). Names are told apart by case, and
// one that is written twice voids the record. The version may be absent, or first.
func keyTags(text string) (map[string]string, error) {
	tags := map[string]string{}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		part = strings.Trim(part, folding)
		if part == "" && i > 0 && i == len(parts)-1 {
			break
		}
		name, value, found := strings.Cut(part, "=")
		name = strings.TrimRight(name, folding)
		_, twice := tags[name]
		switch {
		case !found || !isTagName(name):
			return nil, errTagList
		case twice:
			return nil, fmt.Errorf("%w: %q", errTagTwice, name)
		case len(tags) >= maxTags:
			return nil, errTagList
		}
		tags[name] = strings.TrimLeft(value, folding)
		if version := tags["v"]; name == "v" && (i > 0 || version != "DKIM1") {
			return nil, errKeyVersion
		}
	}
	if _, said := tags["p"]; !said {
		return nil, errNoKey
	}
	return tags, nil
}

// isTagName: a letter, then letters, digits and underscores (section 3.2).
func isTagName(name string) bool {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	for i := range len(name) {
		if c := name[i]; !letter(c) && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// colonList reads words between colons, in lower case.
func colonList(text string) (words []string) {
	for word := range strings.SplitSeq(text, ":") {
		if word = strings.ToLower(strings.Trim(word, folding)); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// readKey reads p=, of which white space is no part and the final "=" are not
// needed (section 2.10); an empty one withdraws the key.
func (k *dkimKey) readKey(text string) error {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(folding, r) {
			return -1
		}
		return r
	}, text)
	if text == "" {
		k.revoked = true
		return nil
	}
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return errKeyEncoding
	}
	if k.kind == "ed25519" { // the bare key (RFC 8463 section 4.2)
		k.bits = 8 * len(der)
		if len(der) != ed25519.PublicKeySize {
			return fmt.Errorf("%w: %d bytes instead of %d", errKey, len(der), ed25519.PublicKeySize)
		}
		return nil
	}
	key, err := rsaKey(der)
	if err != nil {
		return err
	}
	k.bits = key.N.BitLen()
	return nil
}

// rsaKey reads both forms in use: the RSAPublicKey that the text of RFC 6376 asks
// for, and the SubjectPublicKeyInfo of its examples (erratum 3017).
func rsaKey(der []byte) (*rsa.PublicKey, error) {
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKey, err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: it is not of RSA", errKey)
	}
	return key, nil
}
