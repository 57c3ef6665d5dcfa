// SPDX-License-Identifier: Apache-2.0

package scannertest

import "net/http"

// site is a web site and its bad habits. All habits off is a good site.
type site struct {
	name          string // of the host in the main domain, and of its home page
	clear         bool   // serves its content without TLS too
	noHSTS        bool
	noSecurityTxt bool
	clearPolicy   bool                    // its security.txt leads to a policy without encryption
	expired       bool                    // its certificate is
	negative      bool                    // the serial number of its certificate is
	boxed         bool                    // is behind a box that resets long hellos
	old           bool                    // accepts old versions of TLS, their suites and their numbers
	headers       map[string]string       // that it should not send
	routes        map[string]http.Handler // pages of its own, by pattern
}

// sites lists the web sites of the hospital.
func sites() []site {
	return []site{
		{name: "www"},
		{name: "portail", clear: true, noHSTS: true, noSecurityTxt: true},
		{name: "ancien", expired: true, routes: leftovers()},
		{name: "imagerie-ancienne", old: true, clearPolicy: true, routes: listing()},
		{name: "admin", routes: phpMyAdmin(), headers: map[string]string{
			"Server": "Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips", "Set-Cookie": "pma_session=q3k9d8s7f6g5h4j3k2l1; path=/",
		}},
		{name: "pacs", routes: orthanc()},
		{name: "fhir", routes: fhirServer()},
		{name: "parefeu", routes: firewall()},
	}
}

// exchanges lists what the programs of partners talk to: over TLS alone, and without a
// page for anybody.
func exchanges() []site {
	return []site{
		{name: "resultats", negative: true},
		{name: "teleconsultation", boxed: true},
	}
}

func (s site) host() string   { return s.name + "." + domainMain }
func (s site) origin() string { return "https://" + s.host() }
func (s site) place() string  { return s.host() + ":443" }

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

// leftovers are what a developer forgot when the site was put online.
func leftovers() map[string]http.Handler {
	return map[string]http.Handler{
		"/.git/HEAD": serve(http.StatusOK, "text/plain; charset=utf-8", []byte("ref: refs/heads/main\n")),
	}
}

// listing shows what a folder holds: nothing can be taken out of it.
func listing() map[string]http.Handler {
	return map[string]http.Handler{"/files/": servePage("listing.html", http.StatusOK)}
}

// firewall shows the administration of a gateway to the internet. Nobody ever gets
// in.
func firewall() map[string]http.Handler {
	return map[string]http.Handler{"/{$}": servePage("pfsense.html", http.StatusOK)}
}
