/** Scene labels derived from captions alone, by keywords. */

/**
 * The classes in the order in which their words are searched: objects and activities before places,
 * and people, who are in most pictures, last.
 */
export const sceneNames = [
  "animals",
  "sport",
  "vehicle",
  "water scene",
  "indoor scene",
  "city scene",
  "natural landscape",
  "people",
] as const;
/** A scene named in captions. */
export type SceneName = (typeof sceneNames)[number];

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Singular forms; a word of a caption also matches without a final "s". */
const keywords: Readonly<Record<SceneName, ReadonlySet<string>>> = {
  animals: words(`
    animal bear bird bulldog bull calf camel cat cow dalmatian deer doberman dog doggy donkey duck
    elephant fish fox goat goose greyhound horse husky kitten labrador lamb lion monkey parrot pig
    pony poodle pug puppy puppies rabbit retriever seagull sheep squirrel terrier tiger turtle
    whippet wolf`),
  sport: words(`
    acrobat athlete ballplayer baseball basketball batter boxer boxing cheerleader climber cricket
    fencing football frisbee goalie golf gymnast gymnastics hiker hockey hurdle jogger jogging karate
    lacrosse paintball parachute pitcher player polo quarterback racket referee rollerblade
    rollerblader rugby runner skate skateboard skateboarder skateboarding skater skating ski skier
    skiing snowboard snowboarder snowboarding soccer softball sport stadium surf surfboard surfer
    surfing tackle team tennis trampoline umpire volleyball wakeboard wakeboarder wakeboarding
    wrestler wrestling`),
  vehicle: words(`
    airplane ambulance atv automobile bicycle bicyclist bicycling bike biker biking bmx boat bus buses
    canoe car cart cycling cyclist dirtbike helicopter jeep kayak kayaker motocross motorbike
    motorcycle motorcyclist plane raft sailboat scooter ship subway taxi tractor train truck
    unicycle van vehicle wheelchair`),
  "water scene": words(`
    beach creek diver diving dock fountain lake ocean pier pond pool puddle rapid river sea seashore
    shore snorkel splash splashes splashing sprinkler stream surf swim swimmer swimming underwater
    wading water waterfall wave`),
  "indoor scene": words(`
    bar bathroom bathtub bed bedroom booth cafe carpet church classroom cooking couch crib desk floor gym
    hall indoor inside kitchen library mall office restaurant room shop sofa stage store table
    television`),
  "city scene": words(`
    alley bridge brick building city corner crosswalk downtown graffiti market parade parking
    pavement plaza road shop sidewalk sign skyscraper square station statue stairs step stoop street
    town traffic urban wall window`),
  "natural landscape": words(`
    bush canyon cave cliff countryside desert field flower forest garden grass grassy hill hillside
    hilltop ice landscape lawn leaf leaves meadow mountain mountaintop outdoors park path peak rock
    rocky sand sandy sky slope snow snowy sunset trail tree valley wilderness wood wooded woods yard`),
  people: words(`
    adult audience baby babies boy boyfriend bride brother child children couple crowd dancer families
    family father female friend gentleman girl group guy he human infant kid ladies lady male man men
    mother musician people person pedestrian she sister teenager toddler woman women worker`),
};

/**
 * The scene of a picture by a vote of its captions.
 *
 * A caption votes for the first class of `sceneNames` with a keyword among its words; a caption
 * without keywords does not vote. The class with the most votes wins; ties go to the first in
 * `sceneNames`. Undefined if no caption votes.
 *
 * @example
 * sceneOf(["A dog runs on the beach .", "A brown dog .", "Waves roll in ."]) // "animals"
 */
export function sceneOf(captions: readonly string[]): SceneName | undefined {
  const votes = new Map<SceneName, number>();
  for (const caption of captions) {
    const vote = captionScene(caption);
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1);
  }
  let best: SceneName | undefined;
  for (const scene of sceneNames) {
    if ((votes.get(scene) ?? 0) > (best === undefined ? 0 : votes.get(best)!)) best = scene;
  }
  return best;
}

function captionScene(caption: string): SceneName | undefined {
  const found = caption.toLowerCase().match(/[a-z]+/g) ?? [];
  return sceneNames.find((scene) =>
    found.some((word) => keywords[scene].has(word) || keywords[scene].has(word.replace(/s$/, ""))),
  );
}
