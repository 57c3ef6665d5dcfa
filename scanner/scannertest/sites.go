// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto/tls"
	"net/http"
)

// site is a web site and its bad habits. All habits off is a good site.
type site struct {
	name          string // of the host in the main domain, and of its home page
	clear         bool   // serves its content without TLS too
	noHSTS        bool
	noSecurityTxt bool
	expired       bool                    // its certificate is
	oldest        uint16                  // oldest version of TLS accepted
	routes        map[string]http.Handler // pages of its own, by pattern
}

// sites lists the web sites of the hospital.
func sites() []site {
	return []site{
		{name: "www", oldest: tls.VersionTLS12},
		{name: "portail", oldest: tls.VersionTLS12, clear: true, noHSTS: true, noSecurityTxt: true},
		{name: "ancien", oldest: tls.VersionTLS12, expired: true},
		{name: "imagerie-ancienne", oldest: tls.VersionTLS10},
		{name: "admin", oldest: tls.VersionTLS12, routes: phpMyAdmin()},
		{name: "pacs", oldest: tls.VersionTLS12, routes: orthanc()},
		{name: "fhir", oldest: tls.VersionTLS12, routes: fhirServer()},
	}
}

func (s site) host() string   { return s.name + "." + domainMain }
func (s site) origin() string { return "https://" + s.host() }

// phpMyAdmin shows the login page of a database console. Nobody ever gets in.
func phpMyAdmin() map[string]http.Handler {
	page := servePage("phpmyadmin.html", http.StatusOK)
	return map[string]http.Handler{
		"/phpmyadmin":           http.RedirectHandler("/phpmyadmin/", http.StatusMovedPermanently),
		"/phpmyadmin/{$}":       page,
		"/phpmyadmin/index.php": page,
	}
}

// orthanc leaves the explorer of an imaging server open to anybody.
func orthanc() map[string]http.Handler {
	return map[string]http.Handler{
		"/{$}":               http.RedirectHandler("/app/explorer.html", http.StatusTemporaryRedirect),
		"/app/explorer.html": servePage("orthanc.html", http.StatusOK),
		"/system":            servePage("orthanc-system.json", http.StatusOK),
	}
}

// fhirServer publishes its capability statement, which FHIR leaves open so that
// clients find out how to sign in, and asks for a token for everything else.
func fhirServer() map[string]http.Handler {
	metadata := servePage("metadata.fhir", http.StatusOK)
	denied := servePage("denied.fhir", http.StatusUnauthorized)
	return map[string]http.Handler{
		"/metadata":      metadata,
		"/fhir/metadata": metadata,
		"/fhir/":         denied,
		"/Patient":       denied,
		"/Patient/":      denied,
	}
}
