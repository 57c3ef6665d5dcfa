// SPDX-License-Identifier: Apache-2.0

package scannertest

import "strings"

// person is somebody who works at the hospital. Nobody real: names are drawn
// from two lists, always in the same way.
type person struct {
	first, last string
	job         string
	inactive    bool
}

// The jobs, as the exports write them.
const (
	jobPhysician = "Médecin"
	jobNurse     = "Infirmier"
	jobSecretary = "Secrétaire médicale"
	jobPharmacy  = "Pharmacien"
	jobTechnical = "Technicien informatique"
)

func firstNames() []string {
	return strings.Fields(`
Agathe Antoine Aurélie Baptiste Bérénice Bruno Camille Cécile Céline Clément
Damien Delphine Élodie Émile Estelle Étienne Fabien Florence Françoise Gaëlle
Gaspard Geneviève Guillaume Hélène Hugo Inès Jérôme Joséphine Julien Karim
Laetitia Léonie Loïc Maëlle Malik Margaux Nadia Noémie Océane Raphaël`)
}

func lastNames() []string {
	return strings.Fields(`
Abadie Aubry Barbier Béranger Blanchard Bonnet Boucher Bourgeois Brunet Carpentier
Chauvin Chevalier Collet Coulon Cordier Delaunay Delmas Dufour Dumoulin Étienne
Fabre Faivre Fontaine Garnier Gaillard Gauthier Giraud Grandjean Guérin Hébert
Jacquet Joubert Lacroix Langlois Lefèvre Lemoine Maillard Marchand Mercier Morvan
Nguyen Pasquier Perrot Poirier Renaud Rousselot Sabatier Tessier Vasseur Villeneuve`)
}

// The sizes of the staff.
const (
	staffSize     = 191 // with the people below and 9 administration accounts: 200
	physicians    = 60
	nurses        = 80
	secretaries   = 20
	pharmacists   = 15
	recordUsers   = 150 // of the patient record
	inactiveEvery = 16  // one in so many has left
)

// staff lists the people of the hospital, physicians first.
func staff() []person {
	first, last := firstNames(), lastNames()
	people := make([]person, 0, staffSize)
	for i := range staffSize {
		people = append(people, person{
			first: first[i%len(first)],
			// The shift at each round of first names keeps every pair unique.
			last:     last[(i+i/len(first))%len(last)],
			job:      jobOf(i),
			inactive: i%inactiveEvery == inactiveEvery-1,
		})
	}
	return people
}

func jobOf(i int) string {
	jobs := []struct {
		name  string
		count int
	}{{jobPhysician, physicians}, {jobNurse, nurses}, {jobSecretary, secretaries}, {jobPharmacy, pharmacists}}
	for _, job := range jobs {
		if i < job.count {
			return job.name
		}
		i -= job.count
	}
	return jobTechnical
}

// name is how the directory shows a person.
func (p person) name() string { return p.first + " " + p.last }

// login is the account of a person, the same in every application.
func (p person) login() string { return withoutAccents(strings.ToLower(p.first + "." + p.last)) }

func withoutAccents(s string) string {
	return strings.NewReplacer("é", "e", "è", "e", "ê", "e", "ë", "e", "ï", "i", "ô", "o", "ç", "c").Replace(s)
}
