// The one list of knowledge files. Imported, not read, so that the bundle carries them.
// A test compares it with the files in items/.
import characters from "./characters.yaml";
import collectionPoints from "./collection-points.yaml";
import battery from "./items/battery.yaml";
import bulky from "./items/bulky.yaml";
import clearPet from "./items/clear-pet.yaml";
import clothes from "./items/clothes.yaml";
import construction from "./items/construction.yaml";
import electronics from "./items/electronics.yaml";
import foodExcluded from "./items/food-excluded.yaml";
import food from "./items/food.yaml";
import generalWaste from "./items/general-waste.yaml";
import glass from "./items/glass.yaml";
import hazardous from "./items/hazardous.yaml";
import incombustible from "./items/incombustible.yaml";
import lighting from "./items/lighting.yaml";
import metal from "./items/metal.yaml";
import paperPack from "./items/paper-pack.yaml";
import paper from "./items/paper.yaml";
import plastic from "./items/plastic.yaml";
import styrofoam from "./items/styrofoam.yaml";
import vinyl from "./items/vinyl.yaml";
import prices from "./prices.yaml";
import rules from "./rules.yaml";
import tags from "./tags.yaml";

/** Every knowledge file with the name its problems are reported under. */
export const sources: { file: string; data: unknown }[] = [
  { file: "rules.yaml", data: rules },
  { file: "tags.yaml", data: tags },
  { file: "characters.yaml", data: characters },
  { file: "prices.yaml", data: prices },
  { file: "collection-points.yaml", data: collectionPoints },
  { file: "items/battery.yaml", data: battery },
  { file: "items/bulky.yaml", data: bulky },
  { file: "items/clear-pet.yaml", data: clearPet },
  { file: "items/clothes.yaml", data: clothes },
  { file: "items/construction.yaml", data: construction },
  { file: "items/electronics.yaml", data: electronics },
  { file: "items/food.yaml", data: food },
  { file: "items/food-excluded.yaml", data: foodExcluded },
  { file: "items/general-waste.yaml", data: generalWaste },
  { file: "items/glass.yaml", data: glass },
  { file: "items/hazardous.yaml", data: hazardous },
  { file: "items/incombustible.yaml", data: incombustible },
  { file: "items/lighting.yaml", data: lighting },
  { file: "items/metal.yaml", data: metal },
  { file: "items/paper.yaml", data: paper },
  { file: "items/paper-pack.yaml", data: paperPack },
  { file: "items/plastic.yaml", data: plastic },
  { file: "items/styrofoam.yaml", data: styrofoam },
  { file: "items/vinyl.yaml", data: vinyl },
];
