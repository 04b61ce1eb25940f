// Common names, so that the recogniser expects them and a reply can tell a name from other words: the most frequent
// names of the 1990 United States census, and frequent names of other countries.

const listed = (text: string) => text.trim().split(/\s+/);

export const FIRST_NAMES: readonly string[] = listed(`
  aaron abel abraham ada adam adrian adrienne agnes agnieszka ahmed aisha al alan albert alberta alberto alejandro
  alessandro alex alexander alexandra alexis alfonso alfred alfredo ali alice alicia alison allan allen allison
  alma alonzo alton alvin alyssa amanda amber amelia amit amos amy ana anders andre andrea andres andrew andy
  angel angela angelica angelina angelo angie anita ann anna anne annette annie anouk anthony antoinette anton
  antonia antonio aoife april archie arlene armando arnold arthur arturo ashley astrid aubrey audrey austin
  barbara barry beatrice becky belinda ben benjamin bennie benny bernadette bernard bernice bert bertha bessie
  beth bethany betsy betty beulah beverly bill billie billy bjorn blake blanca blanche bob bobbie bobby bonnie
  boyd brad bradford bradley brandi brandon brandy brenda brendan brent brett brian bridget brigitte brittany
  brooke bruce bryan bryant byron caleb calvin cameron camille candace candice carl carla carlos carlton carmen
  carol carole caroline carolyn carrie carroll cary casey cassandra catherine cathy cecelia cecil cecilia cedric
  celia cesar chad charlene charles charlie charlotte chelsea cheryl chester chiara chloe chris christian christie
  christina christine christopher christy cindy claire clara clarence clark claude claudia clay clayton clifford
  clifton clint clinton clyde cody colin colleen connie conrad constance cora corey cornelius cory courtney craig
  cristina crystal curtis cynthia daan daisy dale dallas damon dan dana daniel danielle danny darin darla darlene
  darnell darrel darrell darren darrin darryl daryl dave david dawn dean deanna debbie deborah debra delbert delia
  della delores denise dennis derek derrick desiree devin dewey dexter diana diane dianna dianne diego dixie
  dolores domingo dominic dominick don donald donna donnie dora doreen doris dorothy doug douglas doyle drew duane
  dustin dwayne dwight earl earnest ebony ed eddie edgar edith edmond edmund edna eduardo edward edwin eileen
  elaine elbert eleanor elena elias elijah elisa elizabeth ella ellen ellis elmer eloise elsa elsie elvira emanuel
  emil emilio emily emma emmett enrique eric erica erick erik erika erin erma ernest ernestine ernesto ervin essie
  estelle esther ethel eugene eula eunice eva evan evelyn everett faith fannie fatima faye felicia felipe felix
  fernando finn flora florence floyd forrest frances francesca francis francisco francois frank frankie franklin
  fred freda freddie frederick fredrick freya gabriel gail garrett garry gary gayle gene geneva genevieve geoffrey
  george georgia gerald geraldine gerard gerardo gertrude gilbert gilberto gina ginger giovanni giulia gladys glen
  glenda glenn gloria gordon grace grady grant greg gregg gregory greta gretchen guadalupe guillermo gustavo guy
  gwen gwendolyn hannah hans harold harriet harry harvey hassan hattie hazel heather hector heidi heike helen
  henrietta henrik henry herbert herman hilda holly homer hope horace howard hubert hugh hugo ian ida ignacio inez
  ingrid ira irene iris irma irvin irving isaac isabel ismael israel ivan jack jackie jacob jacqueline jacquelyn
  jaime jake james jamie jan jana jane janet janice janie janis jared jasmine jason javier jay jean jeanette
  jeanne jeannette jeannie jeff jeffery jeffrey jenna jennie jennifer jenny jerald jeremiah jeremy jermaine jerome
  jerry jesse jessica jessie jesus jill jim jimmie jimmy jo joan joann joanna joanne jodi jody joe joel joey
  johanna john johnathan johnnie johnny jon jonas jonathan jonathon jordan jorge jose josefina joseph josephine
  josh joshua joy joyce juan juana juanita judith judy juergen julia julian julie julio julius june justin kara
  karen kari karl karla katarzyna kate katherine kathleen kathryn kathy katie katja katrina kay kayla keith kelley
  kelli kellie kelly kelvin ken kendra kenneth kenny kent kerry kevin kim kimberly kirk klaus krista kristen
  kristi kristie kristin kristina kristine kristopher kristy krystal kurt kyle lamar lana lance larry lars latoya
  laura lauren laurence laurie laverne lawrence leah lee leigh lela leland lena leo leon leona leonard leroy
  leslie lester leticia levi lewis li liam lila lillian lillie linda lindsay lindsey lionel lisa lloyd lois lola
  lonnie lora loren lorena lorene lorenzo loretta lori lorraine louis louise lowell luc luca lucas lucia lucille
  lucy luis lukas luke lula luther luz lydia lyle lynda lynette lynn lynne mabel mable mack madeline mae maggie
  malcolm mamie mandy manon manuel marc marcella marcia marco marcos marcus marek margaret margarita margie
  marguerite maria marian marianne marie marilyn mario marion marjorie mark markus marlene marlon marsha marshall
  marta martha martin marty marvin mary maryann mateo mathew matt matteo matthew matthias mattie maureen maurice
  max maximilian maxine may megan meghan melanie melba melinda melissa melody melvin mercedes meredith merle mette
  mia michael micheal michel michele michelle miguel mike mildred milton mindy ming minnie miranda miriam misty
  mitchell mohamed mohammed molly mona monica monika monique morris moses muriel myra myron myrtle nadine nancy
  naomi natalie natasha nathan nathaniel neal neil nellie nelson nettie niamh nicholas nichole nick nicolas nicole
  nils nina noah noel nora norma norman olga olive oliver olivia ollie omar opal ora orlando orville oscar otis
  owen pablo pam pamela pat patricia patrick patsy patti patty paul paula paulette pauline pearl pedro peggy penny
  percy perry pete peter petra phil philip phillip phyllis pia pierre piet pilar piotr preston priscilla priya
  rachael rachel rafael raj ralph ramiro ramon ramona randal randall randolph randy raquel raul ravi ray raymond
  rebecca regina reginald rene renee rex rhonda ricardo richard rick rickey ricky rita robert roberta roberto
  robin robyn rochelle roderick rodney rodolfo rogelio roger roland rolando roman ron ronald ronnie roosevelt rosa
  rosalie rose rosemarie rosemary rosie ross roxanne roy ruben ruby rudolph rudy rufus russell ruth ryan sabine
  sabrina sadie sally salvador salvatore sam samantha sammy samuel sandra sandy sanne santiago santos sara sarah
  saul scott sean sergio seth shane shannon shari sharon shaun shawn shawna sheila sheldon shelia shelley shelly
  sheri sherman sherri sherry sheryl shirley sidney silvia simon siobhan sofia sonia sonja sonya sophia sophie
  soren spencer stacey stacy stanley stefan stella stephanie stephen steve steven stewart stuart sue susan susie
  suzanne sven sylvester sylvia tabitha tamara tami tammy tanya tara tasha taylor ted terence teresa teri terrance
  terrell terrence terri terry thelma theodore theresa thomas tiffany tim timmy timothy tina toby todd tom tomas
  tomasz tommie tommy toni tony tonya tracey traci tracy travis trevor tricia troy tyler tyrone ursula valerie van
  vanessa velma vera verna vernon veronica vicki vickie vicky victor victoria vincent viola violet virgil virginia
  vivian wade wallace walter wanda warren wayne wei wendell wendy wesley whitney wilbert wilbur wilfred willard
  willem william willie willis wilma wilson winifred winston wm wolfgang woodrow yolanda yusuf yvette yvonne
  zachary zofia
`);

export const LAST_NAMES: readonly string[] = listed(`
  abbott acevedo acosta adams adkins aguilar aguirre ahmed albert alexander alford ali allen allison alonso alston
  alvarado alvarez andersen anderson andersson andrews anthony armstrong arnold ashley atkins atkinson austin
  avery avila ayala ayers bailey baird baker bakker baldwin ball ballard banks barber barker barlow barnes barnett
  barr barrera barrett barron barry bartlett barton bass bates battle bauer baxter beach bean beard beasley beck
  becker bell bender benjamin bennett benson bentley benton berg berger bernard berry bertrand best bianchi bird
  bishop black blackburn blackwell blair blake blanchard blankenship blevins bolton bond bonner booker boone booth
  bowen bowers bowman boyd boyer boyle bradford bradley bradshaw brady branch braun bray brennan brewer bridges
  briggs bright britt brock brooks brown browning bruce bruno bryan bryant buchanan buck buckley buckner bullock
  burch burgess burke burks burnett burns burris burt burton bush butler byers byrd byrne cabrera cain calderon
  caldwell calhoun callahan camacho cameron campbell campos cannon cantrell cantu cardenas carey carlson carney
  carpenter carr carrillo carroll carson carter carver case casey cash castaneda castillo castro cervantes
  chambers chan chandler chaney chang chapman charles chase chavez chen cherry christensen christian christiansen
  church clark clarke clay clayton clements clemons cleveland cline cobb cochran coffey cohen cole coleman collier
  collins colombo colon combs compton conley conner conrad conti contreras conway cook cooke cooley cooper
  copeland cortez costa cote cotton cox craft craig crane crawford crosby cross cruz cummings cunningham curry
  curtis dahl dale dalton daniel daniels daugherty davenport david davidson davis dawson day dean decker dejesus
  delacruz delaney deleon delgado dennis diaz dickerson dickson dillard dillon dixon dodson doherty dominguez
  donaldson donovan dorsey dotson douglas downs doyle drake dubois dudley duffy duke duncan dunlap dunn duran
  durand durham dyer eaton edwards elliott ellis ellison emerson england english erickson eriksson espinoza
  esposito estes estrada evans everett ewing farley farmer farrell faulkner ferguson fernandez ferrari ferreira
  ferrell fields figueroa finch finley fischer fisher fitzgerald fitzpatrick fleming fletcher flores flowers floyd
  flynn foley forbes ford foreman foster fournier fowler fox francis franco frank franklin franks frazier
  frederick freeman french frost fry frye fuentes fuller fulton gaines gallagher gallegos gallo galloway gamble
  garcia gardner garner garrett garrison garza gates gay gentry george gibbs gibson gilbert giles gill gillespie
  gilliam gilmore glass glenn glover goff golden gomez gonzales gonzalez good goodman goodwin gordon gould graham
  grant graves gray greco green greene greer gregory griffin griffith grimes gross guerra guerrero gustafsson
  guthrie gutierrez guy guzman hahn hale haley hall hamilton hammond hampton hancock haney hansen hanson hardin
  harding hardy harmon harper harrell harrington harris harrison hart hartman hartmann harvey hatfield hawkins
  hayden hayes haynes hays head heath hebert henderson hendricks hendrix henry hensley henson herman hernandez
  herrera herring hess hester hewitt hickman hicks higgins hill hines hinton hobbs hodge hodges hoffman hoffmann
  hofmann hogan holcomb holden holder holland holloway holm holman holmes holt hood hooper hoover hopkins hopper
  horn horne horton horvat house houston howard howe howell hubbard huber hudson huff huffman hughes hull humphrey
  hunt hunter hurley hurst hussain hutchinson hyde ingram irwin ivanov jackson jacobs jacobson james jansen jarvis
  jefferson jenkins jennings jensen jimenez johansen johansson johns johnson johnston jones jordan joseph joyce
  joyner juarez justice kaminski kane karlsson kaufman keith keller kelley kelly kemp kennedy kent kerr key khan
  kidd kim king kinney kirby kirk kirkland klein kline knapp knight knowles knox koch kowalski kramer krause
  kristensen krueger kumar lamb lambert lancaster landry lane lang lange langley lara larsen larson laurent
  lawrence lawson le leach leblanc lee lefebvre lehmann leon leonard leroy lester levine levy lewandowski lewis li
  lindberg lindqvist lindsay lindsey little liu livingston lloyd logan long lopez lott love lowe lowery lucas luna
  lund lynch lynn lyons macdonald macias mack madden maddox madsen maldonado malone mancini mann manning marino
  marks marquez marsh marshall martin martinez mason massey mathews mathis matthews maxwell may mayer maynard mayo
  mays mcbride mccall mccarthy mccarty mcclain mcclure mcconnell mccormick mccoy mccray mccullough mcdaniel
  mcdonald mcdowell mcfadden mcfarland mcgee mcgowan mcguire mcintosh mcintyre mckay mckee mckenzie mckinney
  mcknight mclaughlin mclean mcleod mcmahon mcmillan mcneil mcpherson meadows medina mejia melendez melton mendez
  mendoza mercado mercer merrill merritt meyer meyers michael michel middleton miles miller mills miranda mitchell
  molina moller monroe montgomery montoya moody moon mooney moore morales moran moreau moreno morgan morin morris
  morrison morrow morse morton moses mosley moss mueller mullen muller mullins munoz murphy murray myers nash
  navarro neal nelson neumann newman newton nguyen nichols nicholson nielsen nieves nilsson nixon noble noel nolan
  norman norris norton novak nowak nunez obrien ochoa oconnor odom odonnell oliveira oliver olsen olson oneal
  oneil oneill orr ortega ortiz osborn osborne owen owens pace pacheco padilla page palmer park parker parks
  parrish parsons pate patel patrick patterson patton paul payne pearson peck pedersen pena pennington pereira
  perez perkins perry peters petersen peterson petit petrov petty phelps phillips pickett pierce pittman pitts
  pollard poole pope porter potter potts poulsen powell powers pratt preston price prince pruitt puckett pugh
  quinn ramirez ramos ramsey randall randolph rasmussen ratliff ray raymond reed reese reeves reid reilly reyes
  reynolds rhodes ricci rice rich richard richards richardson richmond richter riddle riggs riley rios rivas
  rivera rivers roach robbins roberson robert roberts robertson robinson robles rocha rodgers rodriguez rodriquez
  rogers rojas rollins roman romano romero rosa rosales rosario rose ross rossi roth roux rowe rowland roy ruiz
  rush russell russo rutledge ryan salas salazar salinas sampson sanchez sanders sandoval sanford santana santiago
  santos sargent sato saunders savage sawyer schmidt schneider schroeder schultz schulz schwartz schwarz scott
  sears sellers serrano sexton shaffer shah shannon sharma sharp sharpe shaw shelton shepard shepherd sheppard
  sherman shields short silva simmons simon simpson sims singh singleton skinner slater sloan small smit smith
  snider snow snyder solis solomon sorensen sosa soto sparks spears spence spencer stafford stanley stanton stark
  steele stein stephens stephenson stevens stevenson stewart stokes stone stout strickland strong stuart suarez
  sullivan summers sutton suzuki svensson swanson sweeney sweet sykes szymanski talley tanaka tanner tate taylor
  terrell terry thomas thompson thomsen thornton tillman todd torres townsend tran travis trevino trujillo tucker
  turner tyler tyson underwood valdez valencia valentine valenzuela vance vang vargas vasquez vaughan vaughn
  vazquez vega velasquez velazquez velez villarreal vincent vinson visser vogel wade wagner walker wall wallace
  waller walls walsh walter walters walton wang ward ware warner warren washington waters watkins watson watts
  weaver webb weber webster weeks weiss welch wells werner west wheeler whitaker white whitehead whitfield whitley
  whitney wiggins wilcox wilder wiley wilkerson wilkins wilkinson william williams williamson willis wilson
  winters wise wisniewski witt wolf wolfe wong wood woodard woods woodward wooten workman wozniak wright wyatt
  wynn yang yates york young zamora zhang zielinski zimmerman zimmermann
`);

export const LETTERS: readonly string[] = [...'abcdefghijklmnopqrstuvwxyz'];
