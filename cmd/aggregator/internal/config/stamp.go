// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/x509"
	"errors"
	"net/url"

	"carescan/scanner/bounded"
	"carescan/scanner/settings"
)

// maxRoots bounds a file of root certificates, in bytes.
const maxRoots = 1 << 20

// StampAuthority signs time-stamps, by a certificate whose chain ends at one of its roots.
type StampAuthority struct {
	URL   string
	Roots *x509.CertPool
}

// Authorities reads who time-stamps the evidence log, and tells what is wrong with it.
func (s Stamp) Authorities() (list []StampAuthority, faults settings.Faults) {
	for _, one := range []struct{ url, caFile, key, caKey string }{
		{s.URL, s.CAFile, "stamp.url", "stamp.ca_file"},
		{s.SecondURL, s.SecondCAFile, "stamp.second_url", "stamp.second_ca_file"},
	} {
		switch {
		case one.url == "" && one.caFile == "":
			continue
		case one.url == "" || one.caFile == "":
			faults.Add(one.key, settings.Say("l'adresse d'une autorité et ses certificats racines vont ensemble", "the address of an authority and its root certificates go together"),
				settings.Say("écrivez %s et %s, ou aucun", "write %s and %s, or neither", one.key, one.caKey))
			continue
		case !isPlainOrSecure(one.url):
			faults.Add(one.key, settings.Say("%s n'est pas une adresse http ou https", "%s is not an http or https address", settings.Quoted(one.url)),
				settings.Say("écrivez celle que donne l'autorité", "write the one that the authority gives"))
			continue
		}
		roots, err := readRoots(one.caFile)
		if err != nil {
			faults = append(faults, settings.Fault{
				Key:    one.caKey,
				What:   settings.Say("les certificats racines de l'autorité d'horodatage ne sont pas lisibles", "the root certificates of the time-stamping authority cannot be read"),
				Hint:   settings.Say("donnez un fichier PEM lisible, qui contient un certificat au moins", "give a readable PEM file that holds one certificate at least"),
				Detail: err.Error(),
			})
			continue
		}
		list = append(list, StampAuthority{URL: one.url, Roots: roots})
	}
	if s.URL != "" && s.URL == s.SecondURL {
		faults.Add("stamp.second_url", settings.Say("la seconde autorité est la première", "the second authority is the first one"),
			settings.Say("donnez une autre autorité, ou retirez second_url", "give another authority, or remove second_url"))
	}
	return list, faults
}

// isPlainOrSecure accepts an address of http too: what comes from there is signed.
func isPlainOrSecure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

func readRoots(path string) (*x509.CertPool, error) {
	raw, _, err := bounded.File(path, maxRoots)
	roots := x509.NewCertPool()
	if err == nil && !roots.AppendCertsFromPEM(raw) {
		err = errors.New("it holds no certificate in PEM form")
	}
	return roots, err
}
