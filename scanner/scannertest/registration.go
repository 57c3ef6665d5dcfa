// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// registered is what the registry tells of one domain.
type registered struct {
	name   string
	expiry time.Duration // from the day of the lab
	locks  []string
}

// registrations are the domains sold: the forgotten one ends soon, and nothing
// keeps anybody from moving it to another registrar.
func registrations() []registered {
	locked := []string{"client transfer prohibited", "server transfer prohibited"}
	return []registered{
		{domainMain, 400 * day, locked},
		{domainHealth, 30 * day, []string{"active"}},
		{domainSchool, 250 * day, locked},
		{domainGroup, 350 * day, locked},
		{domainOperator, 500 * day, locked},
		{domainHost, 200 * day, locked},
		{domainNews, 300 * day, locked},
	}
}

// openRegistration serves the registration data over RDAP (RFC 9082, RFC 9083).
func (h *Hospital) openRegistration() error {
	certificate, err := h.certify(hostRDAP, h.healthy())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for _, r := range registrations() {
		mux.Handle("/domain/"+r.name, r.page(h.now))
	}
	port, err := h.serveHTTP(mux, modernTLS(certificate))
	if err != nil {
		return err
	}
	h.redirect(port, hostRDAP+":443")
	h.settings.RDAP = "https://" + hostRDAP + "/"
	return nil
}

func (r registered) page(now time.Time) http.Handler {
	type event struct {
		Action string `json:"eventAction"`
		Date   string `json:"eventDate"`
	}
	// Encoding strings cannot fail.
	body, _ := json.Marshal(map[string]any{
		"rdapConformance": []string{"rdap_level_0"}, "objectClassName": "domain", "ldhName": r.name, "status": r.locks,
		"events": []event{{"expiration", now.Add(r.expiry).Format(time.RFC3339)}},
	})
	return serve(http.StatusOK, "application/rdap+json", body)
}

// logged are names found in certificates that anybody may look up, a forgotten
// one among them and one whose site is gone.
func logged() string {
	return strings.Join([]string{
		"www." + domainMain, "portail." + domainMain, "essai-telemedecine." + domainMain, "campagne-vaccination." + domainMain, "",
	}, "\n")
}

// writeLog writes the extract of the public certificate logs.
func (h *Hospital) writeLog() (err error) {
	h.settings.CertificateLog, err = h.write("certificats-publics.txt", []byte(logged()))
	return err
}
