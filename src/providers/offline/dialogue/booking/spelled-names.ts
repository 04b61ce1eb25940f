// Common names of many countries that are recognised when they are spelled. The recogniser does not expect them.

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const SPELLED_FIRST_NAMES = words(`
  ahmet akira alessia amina amir andreas anil anja anjali anke arjun ayse beatriz bernd bilal birgit boris can deepa
  deniz dieter dmitri elif emre femke frida giuseppe gus hal helga hiroshi hoa holger hussein ibrahim igor ines
  ismail jacques jakub jeroen joao jules juliette jun karim karin kasia katrin katya kavita kenji khalid kit layla
  lea leila ling linh liz maya meg mehmet mei minh moritz mustafa nadia ned oksana ola olaf paolo pawel peg pieter
  rahul rainer rajesh ramesh renate rob rohan rui sakura sal samira sanjay sid sigrid silke stan sunita suresh
  svetlana tariq tess thu tiago torsten uma uwe vic vijay viv wes yasmin youssef yuki zainab zeynep zoe
`);

export const SPELLED_LAST_NAMES = words(`
  abdullah adam agarwal albrecht almeida alves andre antunes arnaud arslan ash ashby aubert aubry aydin aziz bailly
  barbier barbieri baron baumann bautista bengtsson benoit bergmann bertin besson bianco blanc blanco boehm boer
  bondarenko bonnet bos bose boucher bourgeois bouvier brandt breton brouwer brun brunet bui busch caballero calvo
  cano cardoso caron carpentier carrasco carre caruso carvalho celik cerny charpentier chatterjee chevalier cho choi
  chopra claes clement coelho colin collet connor conte coppola correia cortes cousin cunha dang das dekker demir
  denis desai deschamps dietrich diez dijk dijkstra dimitrov doe dogan dufour dumas dumont dupont dupuis dupuy duval
  dvorak engel fabbri fabre farah faure fernandes ferrara ferri fleury fonseca fontaine fontana francois franke
  friedrich fuchs gaillard gallego galli garnier garrido gauthier gautier gentile georgiev gerard germain gil
  giordano girard giraud gomes goncalves goossens graaf graf graff grasso groot guenther guerin guillaume guillot
  guo gupta guyot haas haddad hagen hamid hansson hassan haugen heinrich hendriks herrero herrmann herve hoang
  hoekstra hope horvath huang hubert huet huisman huynh ibrahim iglesias ionescu ito ivanova iyer jacquet jaeger
  jansson jean joly jonsson joshi julien jung kaiser kang kapoor karim kato kaya khoury kobayashi koehler koenig kok
  korhonen koster kovac kovacs kraemer kraus kravchenko kuehn kuhn kuznetsov lacroix langlois larsson law lebrun
  leclerc leclercq lecomte leeuwen legall leger legrand lemaire lemoine leone leroux lin lombardi lombardo longo
  lopes lorenz louis lozano ludwig luo maes maier maillard makinen malhotra malik mansour marchand marchetti mariani
  marie marin marini marques martinelli martini martins marty masson mathieu matos meer mehta meijer menard mendes
  mercier meunier millet moeller moen mohamed mohammed molnar monteiro moreira morel moretti moulin mukherjee mulder
  nagy nair nakamura nasser neves nicolas nieminen nieto north novotny nunes oakley olivier olsson omar osman otto
  ozturk paris parisi pascual payet peeters perrin perrot persson petrova pettersson pfeiffer pham philippe picard
  pierre pike pinto pires pohl poirier popa popescu popov prevost prieto prins rahman rao raposo reddy reis remy
  renard renaud renault rey ribeiro rinaldi riviere rizzo robin roche rodrigues roe roger rolland rousseau roussel
  royer rubio sahin said saleh santoro sanz sauer schaefer schmid schmitt scholz schouten schreiber schubert schulte
  schumacher schuster seidel serra shevchenko simoes sinclair smirnov smits soares sokolov sommer sousa sun svoboda
  swift szabo takahashi teixeira toth valentini varga vasseur vermeulen vidal vieira villa virtanen vitale vogt
  voigt volkov vos vries watanabe wilde willems winkler winter wit wojcik wolff wouters yamamoto yildiz yilmaz yoon
  zhao zhou zhu ziegler
`);
